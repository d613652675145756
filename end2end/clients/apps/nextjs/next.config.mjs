/** @type {import("next").NextConfig} */
export default {
  // The packages are two folders up.
  outputFileTracingRoot: new URL("../..", import.meta.url).pathname,
  eslint: { ignoreDuringBuilds: true },
};
