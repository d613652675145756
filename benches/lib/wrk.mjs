// Runs wrk and reads its report.
import { spawnSync } from "node:child_process";
import { run } from "./processes.mjs";

const CONNECTIONS = 16;
const THREADS = 1;
const MS = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Fails, saying how to install it, when wrk is not on the PATH. */
export function requireWrk() {
  if (spawnSync("wrk", ["-v"]).error?.code !== "ENOENT") return;
  throw new Error(
    "wrk is not on the PATH: install the Debian or Ubuntu package wrk (apt-get install wrk), " +
      "or the Homebrew formula wrk (brew install wrk)",
  );
}

/** Loads one page for some seconds, as one signed-in user. */
export async function load(port, path, cookies, seconds) {
  const report = await run("wrk", [
    ...["--connections", String(CONNECTIONS), "--threads", String(THREADS)],
    ...["--duration", `${seconds}s`, "--latency"],
    ...["--header", `Host: localhost:${port}`, "--header", `Cookie: ${cookies}`],
    `http://127.0.0.1:${port}${path}`,
  ]);
  return parse(report);
}

/** Loads a server with the requests of a Lua script, which gets these arguments. */
export async function loadScript(port, script, args, { seconds, connections = CONNECTIONS }) {
  const report = await run("wrk", [
    ...["--connections", String(connections), "--threads", String(THREADS)],
    ...["--duration", `${seconds}s`, "--latency", "--script", script],
    ...[`http://127.0.0.1:${port}`, "--", ...args],
  ]);
  return parse(report);
}

/** The figures of a wrk report; latencies in milliseconds. */
export function parse(report) {
  const number = (pattern) => Number(pattern.exec(report)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report);
  return {
    requests: number(/^\s*(\d+) requests in /m),
    perSecond: number(/^Requests\/sec:\s+([\d.]+)/m),
    p50: latency(report, 50),
    p99: latency(report, 99),
    errors:
      number(/^\s*Non-2xx or 3xx responses: (\d+)/m) +
      (socketErrors ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0),
  };
}

function latency(report, percentile) {
  const [, value, unit] = new RegExp(`^\\s*${percentile}%\\s+([\\d.]+)(us|ms|s|m)`, "m").exec(report) ?? [];
  return unit ? value * MS[unit] : 0;
}
