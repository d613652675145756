// What a client of Clerk's can ask for: every function of it is called, with arguments that pass for anything.

import { createServer } from "node:http";

/** The requests (`GET /v1/users`) that a client can make, and those of its functions that made none. */
export async function requestsOf(createClient) {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url.split("?")[0]}`);
    request.resume();
    response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[]}');
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const warn = console.warn;
  // Some functions say that they will go.
  console.warn = () => {};
  try {
    const silent = [];
    for (const { name, call } of functionsOf(createClient(`http://127.0.0.1:${server.address().port}`))) {
      const before = seen.length;
      for (const args of guesses()) await Promise.resolve(call(...args)).catch(() => {});
      if (seen.length === before) silent.push(name);
    }
    return { requests: [...new Set(seen)], silent };
  } finally {
    console.warn = warn;
    server.closeAllConnections();
    server.close();
  }
}

/** The functions of a client that ask the Backend API for something. */
function functionsOf(client) {
  const apis = Object.entries(client).filter(([name, api]) => typeof api === "object" && name !== "telemetry");
  return apis.flatMap(([api, object]) => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(object)).filter((name) => name !== "constructor");
    return names.map((name) => ({ name: `${api}.${name}`, call: async (...args) => object[name](...args) }));
  });
}

/** What functions may take: ids, an object of them, a body with what some read in it, a list of bodies. */
function guesses() {
  const body = { requestHeaders: new Headers(), to: {} };
  const [ids, bodies] = [[anything(), anything(), anything()], [body, [body]]];
  return [ids.slice(0, 1), ids.slice(0, 2), ids, ...bodies.flatMap((body) => [[body], [anything(), body]])];
}

/** A text that has every property, each of them a text. */
function anything() {
  const get = (text, name) => {
    if (!(name in text)) return typeof name === "string" ? "x" : undefined;
    return typeof text[name] === "function" ? text[name].bind(text) : text[name];
  };
  return new Proxy(new String("x"), { get });
}
