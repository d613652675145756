// Builds and starts the small apps, with the settings that `gatehouse env` names and nothing of anybody's own.

import { join, resolve } from "node:path";

import { end, environment, printed, run, start } from "../../../benches/lib/processes.mjs";
import { OFFLINE } from "./offline.mjs";

const CLIENTS = resolve(import.meta.dirname, "..");
const START_MS = 120_000;

/** The path of a file of an installed package. */
export const installed = (path) => join(CLIENTS, "node_modules", path);

/** Runs a Node program to its end, in the folder of an app. */
export async function build(app, args, settings) {
  await run(process.execPath, args, optionsFor(app, settings));
}

/** Starts a Node program in the folder of an app and waits until it says where it listens. */
export async function serve(app, args, settings) {
  const child = start(process.execPath, args, optionsFor(app, settings));
  const [, port] = await printed(child, /http:\/\/(?:localhost|127\.0\.0\.1):(\d+)/, START_MS);
  // Some wait for the browser's idle connections before they stop.
  return { origin: `http://localhost:${port}`, stop: () => end(child) };
}

function optionsFor(app, settings) {
  const quiet = { NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  return { cwd: join(CLIENTS, "apps", app), env: environment({ ...quiet, ...OFFLINE, ...settings }) };
}
