// HAProxy, which the gateway is compared with: one thread, no log, and every check of a token that ours makes.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "./http.mjs";
import { start } from "./processes.mjs";

// Debian puts it where only root looks.
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
const TRIES = 100;

/** Its version; fails, saying how to install it, when it is not there. */
export function haproxyVersion() {
  const { error, stdout } = spawnSync("haproxy", ["-v"], { env: { PATH }, encoding: "utf8" });
  if (error) throw new Error("haproxy is not there: install the Debian or Ubuntu package haproxy (apt-get install haproxy)");
  return /HAProxy version (\S+)/.exec(stdout)[1];
}

/** Starts HAProxy with these front ends, each a list of lines, and returns it with their ports. */
export async function startHaproxy(folder, name, frontends) {
  const ports = [];
  for (const _ of frontends) ports.push(await freePort());
  const file = join(folder, `${name}.cfg`);
  writeFileSync(file, [GLOBAL, ...frontends.map((lines, i) => frontend(`f${i}`, ports[i], lines)), ""].join("\n"));
  const child = start("haproxy", ["-db", "-q", "-f", file], { env: { PATH } });
  for (const port of ports) await untilAnswered(port, child);
  return { child, ports };
}

const GLOBAL = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s`;

function frontend(name, port, lines) {
  return [`frontend ${name}`, `  bind 127.0.0.1:${port}`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** The checks of a token, in the gateway's order; `path` is the one route that there is. */
export function tokenChecks({ path, publicKeyFile, issuer, origin }) {
  const refuse = "http-request deny deny_status 401";
  return [
    `http-request deny deny_status 404 unless { path ${path} }`,
    "http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')",
    "http-request set-var(txn.sub) http_auth_bearer,jwt_payload_query('$.sub')",
    "http-request set-var(txn.azp) http_auth_bearer,jwt_payload_query('$.azp')",
    "http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')",
    "http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')",
    "http-request set-var(txn.nbf) http_auth_bearer,jwt_payload_query('$.nbf','int')",
    "http-request set-var(txn.iat) http_auth_bearer,jwt_payload_query('$.iat','int')",
    "http-request set-var(txn.past) date(-5)",
    "http-request set-var(txn.future) date(5)",
    `${refuse} unless { var(txn.alg) -m str RS256 }`,
    `${refuse} unless { http_auth_bearer,jwt_verify(txn.alg,"${publicKeyFile}") 1 }`,
    `${refuse} unless { var(txn.sub) -m len gt 0 }`,
    `${refuse} unless { var(txn.azp) -m str ${origin} }`,
    `${refuse} unless { var(txn.iss) -m str ${issuer} }`,
    `${refuse} if { var(txn.exp),sub(txn.past) -m int le 0 }`,
    `${refuse} if { var(txn.nbf),sub(txn.future) -m int gt 0 }`,
    `${refuse} if { var(txn.iat),sub(txn.future) -m int gt 0 }`,
  ];
}

/** An answer like this one, header by header. */
export function answerLike({ rawHeaders, body }) {
  const skipped = new Set(["content-type", "content-length", "connection", "keep-alive", "date"]);
  const quoted = (text) => `"${text.replace(/[\\"]/g, "\\$&").replace(/%/g, "%%")}"`;
  const headers = [];
  let type = "text/plain";
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i].toLowerCase(), rawHeaders[i + 1]];
    if (name === "content-type") type = value;
    // `Date` is the one of every answer of ours that HAProxy does not send by itself.
    if (name === "date") headers.push(`hdr date ${quoted(value)}`);
    if (!skipped.has(name)) headers.push(`hdr ${name} ${quoted(value)}`);
  }
  return `http-request return status 200 content-type ${quoted(type)} string ${quoted(body)} ${headers.join(" ")}`;
}

/** Sends everything on to a server. */
export function sendOn(port) {
  return ["default_backend upstream", "", `backend upstream`, `  server one 127.0.0.1:${port}`];
}

/** A port that nobody listens at. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilAnswered(port, child) {
  for (let i = 0; i < TRIES; i++) {
    if (child.exitCode !== null) break;
    try {
      await request(port, "/");
      return;
    } catch (error) {
      if (error.code !== "ECONNREFUSED") throw error;
    }
    await sleep(20);
  }
  throw new Error("haproxy did not start: its own message stands above");
}
