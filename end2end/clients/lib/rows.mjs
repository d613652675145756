// The rows of Clerk's Backend API: backend_rows.json lists what its client can ask for, what of it the embedded Clerk
// serves, and why it does not serve the rest.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const LISTED = JSON.parse(readFileSync(join(import.meta.dirname, "backend_rows.json"), "utf8"));
// Those without a parameter go before those that would take their name for one.
const SERVED = LISTED.served.map(readRow).sort((one, other) => one.parameters - other.parameters);
const ROWS = [...SERVED, ...LISTED["not served"].flatMap(({ rows }) => rows.map(readRow))];
const REQUESTS = "undici:request:create";

/** Notes which rows this process calls, from now on. */
export function watchRows(apiUrl) {
  const base = new URL(apiUrl);
  const missing = new Set(SERVED);
  const note = ({ request }) => {
    const url = new URL(request.path, request.origin);
    if (url.origin !== base.origin || !url.pathname.startsWith(`${base.pathname}/`)) return;
    missing.delete(find(SERVED, request.method, url.pathname.slice(base.pathname.length)));
  };
  subscribe(REQUESTS, note);
  return {
    served: SERVED.length,
    /** Stops, and returns the rows that nobody called. */
    stop() {
      unsubscribe(REQUESTS, note);
      return [...missing].map(({ name }) => name);
    },
  };
}

/** Which of these requests (`GET /v1/users`) the list lacks, and which rows of it none of them is for. */
export function compareWithList(requests) {
  const unused = new Set(ROWS);
  const unlisted = requests.filter((request) => {
    const row = find(ROWS, ...request.split(" "));
    unused.delete(row);
    return !row;
  });
  return { unlisted, unused: [...unused].map(({ name }) => name) };
}

const find = (rows, method, path) =>
  rows.find((row) => (row.method === "*" || row.method === method) && row.pattern.test(path));

/** A row as it is written: `GET /v1/users/{user}`, or `* /v1/machines*` for all that begins so. */
function readRow(name) {
  const [method, path] = name.split(" ");
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+").replace("*", ".*")}$`);
  return { name, method, pattern, parameters: path.split("{").length };
}
