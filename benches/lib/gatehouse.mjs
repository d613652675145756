// Starts the release build of Gatehouse and signs a user in to it.
import { createPublicKey } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "./http.mjs";
import { environment, printed, start } from "./processes.mjs";

export const ROOT = resolve(import.meta.dirname, "../..");
export const PUBLISHABLE_KEY = "pk_test_bG9jYWwtZGV2LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";

const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR || "target");
const BINARY = join(TARGET, "release", "gatehouse");
const SITE = resolve(ROOT, process.env.LEPTOS_SITE_ROOT || "target/site");
// Kept between runs: the signing key stays the same, and with it the article app's build.
export const CACHE = join(TARGET, "bench");
const USER = { identifier: "grace@example.com", password: "gatehouse-demo" };
const START_MS = 30_000;
const POLL_MS = 2;

/** Fails early when the release build is not there, or, for whoever needs it, the site. */
export function requireBuild({ site = true } = {}) {
  for (const path of site ? [BINARY, SITE] : [BINARY]) {
    if (!existsSync(path)) throw new Error(`${path} is missing: make a release build first`);
  }
  mkdirSync(CACHE, { recursive: true });
}

/** Starts Gatehouse on a free port, with more variables; `readyMs` is the time from spawning it to the first 200. */
export async function startGatehouse(variables = {}) {
  const began = performance.now();
  const child = start(BINARY, [], {
    cwd: ROOT,
    env: environment({
      LEPTOS_SITE_ADDR: "127.0.0.1:0",
      GATEHOUSE_INSTANCE_DB: join(CACHE, "instance.db"),
      GATEHOUSE_LOG: "warn",
      GATEHOUSE_METRICS_ADDR: "off",
      ...variables,
    }),
  });
  const [, port] = await printed(child, /listening on http:\/\/localhost:(\d+)/, START_MS);
  await untilLive(port, began + START_MS);
  return { child, port: Number(port), readyMs: performance.now() - began };
}

async function untilLive(port, deadline) {
  while ((await liveStatus(port)) !== 200) {
    if (performance.now() > deadline) throw new Error("gatehouse never answered /health/live");
    await sleep(POLL_MS);
  }
}

async function liveStatus(port) {
  try {
    return (await request(port, "/health/live")).status;
  } catch (error) {
    if (error.code === "ECONNREFUSED") return 0;
    throw error;
  }
}

/** Signs the demo user in and returns the Cookie header of the browser that did so. */
export async function signIn(port) {
  const origin = `http://localhost:${port}`;
  const body = new URLSearchParams({ ...USER, redirect_url: `${origin}/account` }).toString();
  const response = await request(port, "/__clerk/sign-in", {
    method: "POST",
    headers: {
      Origin: origin,
      "Content-Type": "application/x-www-form-urlencoded",
      "Content-Length": Buffer.byteLength(body),
    },
    body,
  });
  const cookies = cookieHeader(response.headers["set-cookie"] ?? []);
  if (response.status !== 303 || !/(^|; )__session=/.test(cookies)) {
    throw new Error(`sign-in answered ${response.status}, not 303 with a session: ${response.body}`);
  }
  return cookies;
}

function cookieHeader(setCookies) {
  return setCookies
    .map((line) => line.split(";", 1)[0].trim())
    .filter((pair) => !pair.endsWith("="))
    .join("; ");
}

/** The instance's signing key as the PEM text that CLERK_JWT_KEY holds. */
export async function signingKey(port) {
  const response = await request(port, "/__clerk/.well-known/jwks.json");
  const [jwk] = JSON.parse(response.body).keys;
  return createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
}
