// The server under test: Gatehouse with its embedded Clerk and its embedded gateway, on a free port.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

import { environment, printed, start, stop } from "../../../benches/lib/processes.mjs";
import { SCRATCH } from "./offline.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR || "target");
const BINARY = resolve(ROOT, process.env.GATEHOUSE_BIN || join(TARGET, "debug/gatehouse"));
const START_MS = 60_000;
const UNKNOWN_REQUESTS = /^instance_unknown_requests_total(?:\{.*\})? (\d+)$/gm;

/** Starts it. */
export async function startInstance() {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: run \`cargo leptos build\` first`);
  const metrics = `127.0.0.1:${await freePort()}`;
  const settings = {
    GATEHOUSE_CONFIG_DIR: join(ROOT, "config"),
    GATEHOUSE_INSTANCE_DB: join(SCRATCH, "instance.db"),
    GATEHOUSE_LOG: "warn",
    GATEHOUSE_METRICS_ADDR: metrics,
    GATEHOUSE_NODE_MODULES: join(ROOT, "end2end/node_modules"),
    LEPTOS_SITE_ADDR: `127.0.0.1:${await freePort()}`,
    LEPTOS_SITE_ROOT: resolve(ROOT, process.env.LEPTOS_SITE_ROOT || "target/site"),
  };
  // Not the repository, so that no `.env` of a developer is read.
  const options = { cwd: SCRATCH, env: { ...withoutOwn(environment({})), ...settings } };
  const child = start(BINARY, [], options);
  const [, origin] = await printed(child, /listening on (http:\/\/\S+)/, START_MS);
  return new Instance(child, origin, metrics, options);
}

class Instance {
  constructor(child, origin, metrics, options) {
    Object.assign(this, { child, origin, metrics, options, frontendApi: `${origin}/__clerk` });
  }

  /** The settings that it names to users of an SDK: `gatehouse env next` and so on. */
  settingsFor(sdk) {
    const lines = execFileSync(BINARY, ["env", sdk], { ...this.options, encoding: "utf8" }).trim().split("\n");
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
  }

  /** How often it was asked for something that it does not know. */
  async unknownRequests() {
    const text = await (await fetch(`http://${this.metrics}/metrics`)).text();
    return [...text.matchAll(UNKNOWN_REQUESTS)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Whether it counts such requests at all: a count that never moves proves nothing. */
  async countsUnknownRequests() {
    const before = await this.unknownRequests();
    await fetch(`${this.frontendApi}/v1/nothing`);
    return (await this.unknownRequests()) === before + 1;
  }

  async stop() {
    await stop(this.child);
  }
}

/** What developers have set for the server themselves must not change what is tested. */
function withoutOwn(variables) {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !/^(GATEHOUSE_|GATEWAY_|LEPTOS_)/.test(name)));
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
