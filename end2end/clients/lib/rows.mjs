// Which rows of the Backend API the embedded Clerk serves, as its router lists them, and which of them were called.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const ROUTER = resolve(import.meta.dirname, "../../../src/instance/backend_api/mod.rs");
const REQUESTS = "undici:request:create";

/** Notes which rows this process calls, from now on. */
export function watchRows(apiUrl) {
  const base = new URL(apiUrl);
  const missing = new Map(servedRows().map((row) => [row.name, row]));
  const rows = [...missing.values()];
  const note = ({ request }) => {
    const url = new URL(request.path, request.origin);
    if (url.origin !== base.origin || !url.pathname.startsWith(`${base.pathname}/`)) return;
    const path = url.pathname.slice(base.pathname.length);
    missing.delete(rows.find(({ method, pattern }) => method === request.method && pattern.test(path))?.name);
  };
  subscribe(REQUESTS, note);
  return {
    served: rows.length,
    /** Stops, and returns the rows that nobody called. */
    stop() {
      unsubscribe(REQUESTS, note);
      return [...missing.keys()];
    },
  };
}

/** The rows, those without a parameter first: they go before those that would take their name for one. */
function servedRows() {
  const routes = readFileSync(ROUTER, "utf8").split(".route(").slice(1).map(argumentsOf);
  const rows = routes.flatMap((text) => {
    const path = /"([^"]+)"/.exec(text)[1];
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    const methods = [...text.matchAll(/\b(get|post|put|patch|delete)\(/g)].map(([, method]) => method.toUpperCase());
    return methods.map((method) => ({ method, path, pattern, name: `${method} ${path}` }));
  });
  return rows.sort((one, other) => parameters(one) - parameters(other));
}

const parameters = ({ path }) => path.split("{").length;

/** What stands before the parenthesis that closes the call. */
function argumentsOf(text) {
  let depth = 1;
  const end = [...text].findIndex((character) => {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    return depth === 0;
  });
  return text.slice(0, end);
}
