// Sends the same generated requests to Clerk's SDK and to our conformance server, and compares what they decide.
//
//   node run.mjs [--requests 5000] [--seed N|random] [--only INDEX] [--verbose]
//   node run.mjs --table          prints the tables of intended differences, as they stand in the README
//
// CONFORMANCE_SERVER is the path of the server's binary.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { compare } from "./compare.mjs";
import { markdownTables } from "./differences.mjs";
import { explain } from "./explain.mjs";
import { generate } from "./generate.mjs";
import { startBackendApi } from "./mock-backend-api.mjs";
import { LANES, startServer } from "./our-server.mjs";
import { inFull, report } from "./report.mjs";
import { startSdk } from "./sdk.mjs";

const FIXED_SEED = 20260115;
const COMPLETE_RUN = 5000;

const print = (text) => process.stdout.write(`${text}\n`);

function options() {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: String(COMPLETE_RUN) },
      seed: { type: "string", default: String(FIXED_SEED) },
      only: { type: "string" },
      verbose: { type: "boolean", default: false },
      table: { type: "boolean", default: false },
    },
  });
  const seed = values.seed === "random" ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
  const requests = Number(values.requests);
  const only = values.only === undefined ? undefined : Number(values.only);
  const counts = [seed, requests, only ?? 0];
  if (!counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new Error("usage: node run.mjs [--requests 5000] [--seed N|random] [--only INDEX] [--verbose] [--table]");
  }
  return { ...values, seed, requests, only };
}

function checkReadme() {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  if (!readme.includes(markdownTables())) {
    throw new Error("the README's tables are not those of differences.mjs: put the output of --table in their place");
  }
}

async function compareOne(seed, index, sides) {
  const request = generate(seed, index);
  const [sdk, ours] = await Promise.all([sides.sdk(request), sides.ours(request)]);
  const regenerate = (read) => generate(seed, index, read);
  const explanation = await explain(request, sdk, ours, { decide: sides.sdk, regenerate });
  return { request, sdk, ours, ...explanation };
}

/** Compares every index, a few at a time; the results stand in the order of the indexes. */
async function compareAll(seed, indexes, sides) {
  const results = [];
  let next = 0;
  async function lane() {
    while (next < indexes.length) {
      const position = next;
      next += 1;
      if (next % 1000 === 0) print(`${next} of ${indexes.length}`);
      results[position] = await compareOne(seed, indexes[position], sides);
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

function showOne({ request, sdk, ours, ids, unexplained }, seed) {
  const differences = compare(request, sdk, ours);
  print(inFull({ request, sdk, ours, unexplained: differences }, seed));
  print(differences.length === 0 ? "no difference" : `explained by: ${ids.join(", ") || "nothing"}`);
  return unexplained.length === 0;
}

async function run() {
  const { seed, requests, only, verbose, table } = options();
  if (table) {
    print(markdownTables());
    return true;
  }
  checkReadme();
  const program = process.env.CONFORMANCE_SERVER;
  if (!program) throw new Error("CONFORMANCE_SERVER is not set: it is the path of the conformance server's binary");
  print(`seed ${seed}`);
  return withBothSides(program, async (sides, calls) => {
    if (only !== undefined) return showOne(await compareOne(seed, only, sides), seed);
    const results = await compareAll(seed, Array.from({ length: requests }, (_, index) => index), sides);
    const complete = seed === FIXED_SEED && requests >= COMPLETE_RUN;
    return report(results, { seed, complete, verbose, calls, print });
  });
}

async function withBothSides(program, use) {
  const api = await startBackendApi();
  try {
    const server = await startServer(program, api.url);
    try {
      return await use({ sdk: startSdk(api.url), ours: server.decide }, api.calls);
    } finally {
      await server.stop();
    }
  } finally {
    await api.close();
  }
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  print(error.message);
  process.exitCode = 1;
}
