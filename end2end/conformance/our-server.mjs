// Our side: the conformance server, a process that gets each request's configuration in headers.

import { spawn } from "node:child_process";
import { Agent, request as send } from "node:http";
import { createInterface } from "node:readline";

/** As many at once, and as many connections. */
export const LANES = 8;

const MOST_SECONDS_TO_START = 30;
const MOST_SECONDS_TO_ANSWER = 30;
const MOST_SECONDS_TO_STOP = 5;

/** Starts the server; `program` is the path of its binary. A server that ends by itself ends the run. */
export async function startServer(program, apiUrl) {
  const child = spawn(program, ["--port", "0", "--api-url", apiUrl], { stdio: ["ignore", "pipe", "inherit"] });
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  let failure;
  const ended = endOf(child).then((how) => {
    failure ??= how;
  });
  const stop = async () => {
    agent.destroy();
    child.stdout.destroy();
    child.kill();
    const insist = setTimeout(() => child.kill("SIGKILL"), MOST_SECONDS_TO_STOP * 1000);
    await ended;
    clearTimeout(insist);
  };
  const broken = () => new Error(`the conformance server ${failure}`);
  const url = await Promise.race([listening(child), ended, startingTooLong()]);
  if (url === undefined) {
    failure ??= `does not listen within ${MOST_SECONDS_TO_START} seconds`;
    await stop();
    throw broken();
  }
  const decide = async (request) => {
    if (failure) throw broken();
    return ask(url, agent, request);
  };
  return { decide, stop };
}

function endOf(child) {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
  });
}

function startingTooLong() {
  return new Promise((resolve) => setTimeout(resolve, MOST_SECONDS_TO_START * 1000).unref());
}

async function listening(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^listening on (http:\/\/\S+)/.exec(line);
    if (found) return new URL(found[1]);
  }
  return new Promise(() => {});
}

/** The headers that configure the server for one request. */
export function settingsHeaders({ settings, now }) {
  const headers = {
    "x-publishable-key": settings.publishableKey,
    "x-secret-key": settings.secretKey,
    "x-proxy-url": settings.proxyUrl,
    "x-domain": settings.domain,
    "x-satellite": settings.isSatellite,
    "x-sign-in-url": settings.signInUrl,
    "x-satellite-auto-sync": settings.satelliteAutoSync,
    "x-organization-sync-options": settings.organizationSyncOptions && JSON.stringify(settings.organizationSyncOptions),
    "x-jwt-key": settings.jwtKey,
    "x-authorized-parties": settings.authorizedParties?.join(","),
    "x-now": now,
  };
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

async function ask(url, agent, request) {
  const options = {
    agent,
    hostname: url.hostname,
    port: url.port,
    method: request.method,
    path: request.target,
    // A list keeps two headers of one name apart.
    headers: [...request.headers, ...settingsHeaders(request)].flat(),
    maxHeaderSize: 128 * 1024,
    signal: AbortSignal.timeout(MOST_SECONDS_TO_ANSWER * 1000),
  };
  try {
    const response = await new Promise((resolve, reject) => send(options, resolve).once("error", reject).end());
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    return outcomeOf(response, Buffer.concat(chunks).toString());
  } catch (error) {
    if (options.signal.aborted) throw new Error(`no answer in ${MOST_SECONDS_TO_ANSWER} seconds`, { cause: error });
    return { http: "no answer", error: String(error) };
  }
}

function outcomeOf({ statusCode, headers }, text) {
  if (statusCode !== 200 && statusCode !== 307) return { http: statusCode, error: text.slice(0, 500) };
  const body = statusCode === 200 && text ? JSON.parse(text) : null;
  const { status, reason, ...auth } = body ?? {};
  return {
    http: statusCode,
    status: status ?? headers["x-clerk-auth-status"] ?? "signed-in",
    reason: reason ?? headers["x-clerk-auth-reason"] ?? null,
    location: headers.location ?? null,
    setCookies: headers["set-cookie"] ?? [],
    headers,
    auth: body && auth,
  };
}
