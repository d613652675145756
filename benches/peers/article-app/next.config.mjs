/** @type {import("next").NextConfig} */
export default {
  // The lock file that counts is the one in this folder, not one further up.
  outputFileTracingRoot: import.meta.dirname,
  eslint: { ignoreDuringBuilds: true },
};
