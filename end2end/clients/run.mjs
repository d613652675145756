// Runs small apps on Clerk's own packages against the embedded Clerk, and tells which passed what.
//
//   node run.mjs [CLIENT]...      all clients, or those named
//   node run.mjs --write          puts the table into the README
//
// Fails when a check fails, when anything leaves this machine, when the embedded Clerk is asked for something that it
// does not know, or when the README's table is not this run's.

import { rmSync } from "node:fs";
import { parseArgs } from "node:util";

import { Browser } from "./lib/browser.mjs";
import { startInstance } from "./lib/instance.mjs";
import { OFFLINE, SCRATCH, refusedConnections } from "./lib/offline.mjs";
import { readmeHas, table, writeReadme } from "./lib/report.mjs";

const CLIENTS = ["html", "nextjs", "astro", "express", "backend", "testing"];

// This process calls the Backend API itself, and must not leave the machine either.
process.env.REFUSED_CONNECTIONS = OFFLINE.REFUSED_CONNECTIONS;
await import("./lib/loopback-only.cjs");

const print = (text) => process.stdout.write(`${text}\n`);

function options() {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { write: { type: "boolean" } } });
  if (!positionals.every((name) => CLIENTS.includes(name)) || (values.write && positionals.length > 0)) {
    throw new Error(`usage: node run.mjs [--write | ${CLIENTS.join(" | ")} ...]`);
  }
  return { ...values, names: positionals.length > 0 ? positionals : CLIENTS, complete: positionals.length === 0 };
}

/** Runs one client; a failed check ends it, since those behind build on it. */
async function runClient(name, surroundings) {
  const client = await import(`./clients/${name}.mjs`);
  print(`\n${client.title}`);
  const passed = [];
  const check = async (what, action) => {
    const began = performance.now();
    await action();
    passed.push(what);
    print(`  ok ${what} (${Math.round(performance.now() - began)} ms)`);
  };
  try {
    await client.run({ ...surroundings, check });
    return { client, passed };
  } catch (error) {
    print(`  FAILED ${error.stack}`);
    // What Clerk's client was answered.
    if (error.errors) print(`  ${JSON.stringify(error.errors)}`);
    print(`  seen last: ${await surroundings.browser.keepPicture(name).catch(() => "nothing")}`);
    return { client, passed, error };
  }
}

async function run() {
  const { names, complete, write } = options();
  const instance = await startInstance();
  const browser = await Browser.start();
  const results = [];
  try {
    for (const name of names) results.push(await runClient(name, { instance, browser }));
    const failures = await failuresOf(results, instance, browser);
    const text = table(results);
    print(`\n${text}\n`);
    if (failures.length === 0 && write) writeReadme(text);
    if (failures.length === 0 && complete && !readmeHas(text)) {
      failures.push("the README's table is not this run's: node run.mjs --write puts it there");
    }
    for (const failure of failures) print(`FAILED: ${failure}`);
    return failures.length === 0;
  } finally {
    await browser.stop();
    await instance.stop();
  }
}

async function failuresOf(results, instance, browser) {
  const failures = results.filter(({ error }) => error).map(({ client }) => client.title);
  failures.push(...browser.problems, ...refusedConnections());
  const unknown = await instance.unknownRequests();
  if (unknown > 0) failures.push(`${unknown} requests that the embedded Clerk does not know; its log names them`);
  if (!(await instance.countsUnknownRequests())) failures.push("the embedded Clerk does not count unknown requests");
  return failures;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  print(error.stack);
  process.exitCode = 1;
} finally {
  rmSync(SCRATCH, { recursive: true, force: true });
  // Ends what a client may have left behind, too.
  process.exit();
}
