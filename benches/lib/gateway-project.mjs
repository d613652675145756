// What the gateway's bench serves: projects, an issuer that publishes one key, and an upstream with a long answer.
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

export const ORIGIN = "http://localhost:3000";
const CHUNK = Buffer.alloc(1024 * 1024, "gatehouse ");

/** Writes a project with a protected route, an open one and two that forward, and returns its folder. */
export function mainProject(folder, { issuer, upstreamPort, streamPort }) {
  const forward = (port) => ({
    export: "urlForwardHandler",
    module: "$import(@zuplo/runtime)",
    options: { baseUrl: `http://127.0.0.1:${port}` },
  });
  return writeProject(folder, "main", issuer, {
    "/hello": operation(HELLO, ["clerk"]),
    "/open": operation(HELLO, []),
    "/forward": operation(forward(upstreamPort), []),
    "/stream": operation(forward(streamPort), []),
  });
}

/** A project with so many routes of the same kind. */
export function manyRoutes(folder, count, issuer) {
  const paths = Array.from({ length: count }, (_, i) => [`/resources/r${i}/items/{id}`, operation(HELLO, [])]);
  return writeProject(folder, `routes-${count}`, issuer, Object.fromEntries(paths));
}

const HELLO = { export: "default", module: "$import(./modules/hello-world)" };

function operation(handler, inbound) {
  return { get: { "x-zuplo-route": { handler, policies: { inbound } } } };
}

function writeProject(folder, name, issuer, paths) {
  const project = join(folder, name);
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const clerk = {
    name: "clerk",
    policyType: "clerk-jwt-auth-inbound",
    handler: {
      export: "ClerkJwtInboundPolicy",
      module: "$import(@zuplo/runtime)",
      options: { frontendApiUrl: issuer, authorizedParties: [ORIGIN] },
    },
  };
  writeFileSync(join(project, "policies.json"), JSON.stringify({ policies: [clerk] }));
  writeFileSync(join(project, "routes.oas.json"), JSON.stringify({ openapi: "3.1.0", paths }));
  return project;
}

/** An issuer on loopback. It counts who asks for its keys, and can keep them waiting. */
export async function startIssuer(jwks) {
  const state = { visits: 0, held: Promise.resolve() };
  const server = createServer(async (_, response) => {
    state.visits += 1;
    await state.held;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(jwks()));
  });
  await listen(server);
  const hold = () => {
    let release;
    state.held = new Promise((resolve) => (release = resolve));
    return release;
  };
  return { url: `http://127.0.0.1:${server.address().port}`, visits: () => state.visits, hold };
}

/** An upstream on loopback whose every answer is so many bytes long. */
export async function startLongUpstream(bytes) {
  const server = createServer(async (_, response) => {
    response.on("error", () => {});
    for (let left = bytes; left > 0 && !response.destroyed; left -= CHUNK.length) {
      const room = response.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK);
      if (!room) await once(response, "drain");
    }
    response.end();
  });
  await listen(server);
  return server.address().port;
}

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Nothing here keeps the bench from ending.
  server.unref();
}
