// Installs, builds and starts the Next.js app in peers/article-app.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { environment, printed, run, start } from "./processes.mjs";

const APP = resolve(import.meta.dirname, "../peers/article-app");
const NEXT = join(APP, "node_modules/next/dist/bin/next");
const STAMP = join(APP, ".next/bench-stamp");
const CONFIGURATION = ["package-lock.json", "next.config.mjs", "middleware.js"];
const START_MS = 60_000;

/** The settings of the app; Next writes those its middleware and pages read into the build. */
function settings(publishableKey, jwtKey) {
  return {
    NODE_ENV: "production",
    NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: publishableKey,
    CLERK_SECRET_KEY: "sk_test_bench",
    CLERK_JWT_KEY: jwtKey,
    // Nothing listens there: with the key above no request to the Backend API is ever due, and the
    // address, being part of the build, must not change from run to run.
    CLERK_API_URL: "http://127.0.0.1:9",
    NEXT_PUBLIC_CLERK_PROXY_URL: "/__clerk",
    NEXT_PUBLIC_CLERK_SIGN_IN_URL: "/sign-in",
    NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED: "1",
    NEXT_PUBLIC_CLERK_KEYLESS_DISABLED: "1",
    NEXT_TELEMETRY_DISABLED: "1",
  };
}

/** Builds the app if its sources or settings changed, and starts it on a free port. */
export async function startArticleApp(publishableKey, jwtKey, gatewayUrl) {
  const env = settings(publishableKey, jwtKey);
  await install();
  await build(env);
  // Next only treats the middleware's rewrite as its own if Host is the name given here; under any
  // other name it would forward each request to itself. IPv4 first: the bench connects to 127.0.0.1.
  const child = start(
    process.execPath,
    ["--dns-result-order=ipv4first", NEXT, "start", "--hostname", "localhost", "--port", "0"],
    { cwd: APP, env: environment({ ...env, GATEWAY_URL: gatewayUrl }) },
  );
  const [, port] = await printed(child, /http:\/\/localhost:(\d+)[^]*Ready/, START_MS);
  return { child, port: Number(port) };
}

async function install() {
  if (existsSync(NEXT)) return;
  console.log("article app: npm ci");
  await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: APP });
}

async function build(env) {
  const stamp = fingerprint(env);
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp) return;
  console.log("article app: next build");
  await run(process.execPath, [NEXT, "build"], { cwd: APP, env: environment(env) });
  writeFileSync(STAMP, stamp);
}

function fingerprint(env) {
  const hash = createHash("sha256").update(JSON.stringify(env));
  for (const name of sources()) hash.update(name).update(readFileSync(join(APP, name)));
  return hash.digest("hex");
}

function sources() {
  const pages = readdirSync(join(APP, "app"), { recursive: true }).filter(extname).sort();
  return [...CONFIGURATION, ...pages.map((name) => join("app", name))];
}
