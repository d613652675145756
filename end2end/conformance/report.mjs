// What a run prints, and whether it passed.

import { REQUIRED, stateOf } from "./coverage.mjs";
import { DIFFERENCES } from "./differences.mjs";
import { settingsHeaders } from "./our-server.mjs";

/** So many unexplained differences are printed in full; `--verbose` prints them all. */
const IN_FULL = 100;

/** The entries that may sign in somebody whom the SDK does not. */
const SIGNING_IN = new Set(DIFFERENCES.filter(({ signsIn }) => signsIn).map(({ id }) => id));

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The request as a command; `$SERVER` is where the conformance server listens. */
function asCurl(request) {
  const headers = [...request.headers, ...settingsHeaders(request)];
  const lines = headers.map(([name, value]) => `  -H ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`);
  return [`curl -i --path-as-is -X ${request.method} "$SERVER"${quoted(request.target)}`, ...lines].join(" \\\n");
}

/** A value on one line. Tokens are shortened: the request above has them in full. */
function inShort(value) {
  const shortened = (token) => `${token.slice(0, 6)}…${token.slice(-6)}`;
  return JSON.stringify(value).replaceAll(/eyJ[\w-]{20,}\.[\w-]+\.[\w-]*/g, shortened);
}

export function inFull({ request, sdk, ours, unexplained }, seed) {
  const { index, scenario, changes } = request;
  const fields = unexplained.flatMap(({ field, sdk: theirs, ours: own }) =>
    [`differs in ${field}:`, `  SDK   ${inShort(theirs)}`, `  ours  ${inShort(own)}`]);
  return [
    `request ${index} of seed ${seed}: ${scenario}${changes.length ? `, with ${changes.join(" and ")}` : ""}`,
    asCurl(request),
    ...fields,
    "whole outcomes:",
    `  SDK   ${inShort({ ...sdk, headers: undefined })}`,
    `  ours  ${inShort({ ...ours, headers: undefined })}`,
    "",
  ].join("\n");
}

function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function table(counts) {
  const rows = [...counts].sort(([, one], [, other]) => other - one);
  return rows.map(([name, count]) => `${String(count).padStart(7)}  ${name}`).join("\n");
}

/** Unexplained differences of one kind, with the first request that shows it. */
function kindsOf(results) {
  const state = ({ http, status, reason }) => [http, status, reason].filter(Boolean).join(" ");
  const kind = ({ sdk, ours, unexplained: [{ field }] }) =>
    field === "state" ? `${state(sdk)} → ${state(ours)}` : `${field} of ${state(sdk)}`;
  const firsts = new Map();
  for (const result of results) firsts.set(kind(result), firsts.get(kind(result)) ?? result.request);
  const counts = counted(results.map(kind));
  return new Map([...counts].map(([name, count]) => [`${name} (first: --only ${firsts.get(name).index})`, count]));
}

/** Prints a run; true if it passed. `complete` runs must also meet every state and every entry of the table. */
export function report(results, { seed, complete, verbose, calls, print }) {
  const unexplained = results.filter((result) => result.unexplained.length > 0);
  const states = counted(results.map(({ sdk }) => stateOf(sdk)));
  const met = counted(results.flatMap(({ ids }) => [...new Set(ids)]));
  const granted = results.filter(({ signsIn }) => signsIn).flatMap(({ ids }) => ids.filter((id) => SIGNING_IN.has(id)));
  const missingStates = REQUIRED.filter((state) => !states.has(state));
  const deadEntries = DIFFERENCES.map(({ id }) => id).filter((id) => !met.has(id));

  print(`\noutcomes of the SDK:\n${table(states)}`);
  print(`\ncalls to the Backend API: SDK ${JSON.stringify(calls.sdk)}, ours ${JSON.stringify(calls.ours)}`);
  print(`\nintended differences met:\n${table(met)}`);
  print(`\nof these, with somebody signed in, or granted more, than by the SDK:\n${table(counted(granted))}`);
  if (unexplained.length > 0) {
    print(`\nunexplained differences by kind:\n${table(kindsOf(unexplained))}\n`);
    const shown = verbose ? unexplained : unexplained.slice(0, IN_FULL);
    for (const result of shown) print(inFull(result, seed));
    if (shown.length < unexplained.length) print(`${unexplained.length - shown.length} more: --verbose prints them`);
  }
  if (missingStates.length > 0) print(`\nstates never met:\n  ${missingStates.join("\n  ")}`);
  if (deadEntries.length > 0) print(`\nintended differences never met:\n  ${deadEntries.join("\n  ")}`);
  print(`\n${results.length} requests compared`);
  print(`${unexplained.length} unexplained differences`);
  return unexplained.length === 0 && (!complete || (missingStates.length === 0 && deadEntries.length === 0));
}
