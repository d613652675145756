// `make bench-gateway`: what the gateway's check of a token costs, next to HAProxy's in the same run; what ten thousand
// routes, forwarding and a long stream cost. Needs a release build, wrk and HAProxy; ends with a failure when a target
// is missed. README.md says on what terms it measures.
//
// --short: one short round and less to stream; only functional failures fail.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { requireBuild, startGatehouse } from "./lib/gatehouse.mjs";
import { ORIGIN, mainProject, manyRoutes, startIssuer, startLongUpstream } from "./lib/gateway-project.mjs";
import { answerLike, haproxyVersion, sendOn, startHaproxy, tokenChecks } from "./lib/haproxy.mjs";
import { request } from "./lib/http.mjs";
import { processorTime, residentMiB, stop } from "./lib/processes.mjs";
import { median, report } from "./lib/report.mjs";
import { makeTokens, newKey } from "./lib/tokens.mjs";
import { loadScript, requireWrk } from "./lib/wrk.mjs";

const SHORT = process.argv.includes("--short");
const PLAN = SHORT
  ? { rounds: 1, seconds: 1, warmUpSeconds: 1, tokens: 15_000, streamBytes: 500e6 }
  : { rounds: 5, seconds: 3, warmUpSeconds: 1, tokens: 30_000, streamBytes: 10e9 };
const TARGET = {
  newTokens: 2.5,
  usedTokens: 5,
  checkMicros: { new: 30, seen: 4 },
  routes: 1.1,
  forward: 1.3,
  streamGrowthMiB: 16,
};
const SCRIPT = resolve(import.meta.dirname, "lib/wrk-gateway.lua");
const HELLO = "/gateway/hello";
const FIRST_REQUESTS = 1000;
// A token comes again once the gateway has forgotten it: its cache holds fewer than are made here.
const NEW = { uses: 1, atOnce: 1 };
const USED = { uses: 20, atOnce: 100 };

async function main() {
  requireWrk();
  requireBuild({ site: false });
  const [cpu] = cpus();
  console.log(`machine: ${cpus().length} x ${cpu.model}; HAProxy ${haproxyVersion()} with 1 thread`);
  console.log(`gatehouse has ${cpus().length} worker threads unless a line says 1; wrk has 1 thread of its own beside all`);
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  try {
    const rows = await measure(await prepare(folder));
    report(rows);
    return rows.some((row) => row.met === false && (row.functional || !SHORT)) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Tokens, their issuer, upstreams, and the project that knows them. */
async function prepare(folder) {
  const key = newKey();
  const issuer = await startIssuer(() => key.jwks);
  console.log(`signing ${PLAN.tokens} tokens`);
  const now = Math.floor(Date.now() / 1000);
  const tokens = await makeTokens(PLAN.tokens, { pem: key.pem, issuer: issuer.url, origin: ORIGIN, now });
  const tokensFile = join(folder, "tokens");
  writeFileSync(tokensFile, tokens.join("\n"));
  const publicKeyFile = join(folder, "public.pem");
  writeFileSync(publicKeyFile, key.publicPem);
  const upstream = await startHaproxy(folder, "upstream", [
    ['http-request return status 200 content-type text/plain string "Hello from the upstream"'],
  ]);
  const [upstreamPort] = upstream.ports;
  const streamPort = await startLongUpstream(PLAN.streamBytes);
  const project = mainProject(folder, { issuer: issuer.url, upstreamPort, streamPort });
  return { folder, issuer, tokens, tokensFile, publicKeyFile, upstreamPort, project };
}

async function measure(bench) {
  const first = await firstRequestsRow(bench);
  const servers = await startServers(bench);
  await checkAnswers(bench, servers);
  const rows = [...(await tokenRows(bench, servers)), first, ...(await forwardRows(servers))];
  rows.push(await streamRow(servers.ours));
  for (const { child } of [servers.ours, servers.single, servers.peer]) await stop(child);
  rows.push(await routesRow(bench));
  return rows;
}

/** The gateway as it starts by itself, with one worker thread, and HAProxy with an answer like the gateway's. */
async function startServers(bench) {
  const ours = await startGateway(bench, "ours", bench.project);
  const single = await startGateway(bench, "single", bench.project, { TOKIO_WORKER_THREADS: "1" });
  const answer = answerLike(await request(ours.port, HELLO, { headers: bearer(bench.tokens[0]) }));
  const checks = tokenChecks({ ...bench, issuer: bench.issuer.url, origin: ORIGIN, path: HELLO });
  const frontends = [[...checks, answer], [answer], sendOn(bench.upstreamPort)];
  const { child, ports } = await startHaproxy(bench.folder, "peer", frontends);
  const [port, openPort, forwardPort] = ports;
  return { ours, single, peer: { name: "HAProxy", child, port, openPort, forwardPort } };
}

async function startGateway({ folder }, name, project, variables = {}) {
  const { child, port } = await startGatehouse({
    GATEHOUSE_CONFIG_DIR: project,
    GATEHOUSE_INSTANCE_DB: join(folder, `${name}.db`),
    // As quiet as HAProxy, and without a warning for every open route.
    GATEHOUSE_LOG: "error",
    ...variables,
  });
  return { name, child, port };
}

const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** Both let a good token pass, with answers of the same size, and refuse what both should. */
async function checkAnswers({ tokens }, { ours, peer }) {
  const [header, payload, signature] = tokens[0].split(".");
  const [, otherPayload] = tokens[1].split(".");
  const unsigned = Buffer.from('{"alg":"none","kid":"bench","typ":"JWT"}').toString("base64url");
  const bad = [`${header}.${otherPayload}.${signature}`, `${unsigned}.${payload}.`, "x.y.z"];
  for (const server of [ours, peer]) {
    for (const token of bad) {
      const { status } = await request(server.port, HELLO, { headers: bearer(token) });
      if (status !== 401) throw new Error(`${server.name} answered ${status} to a bad token`);
    }
    const { status } = await request(server.port, HELLO);
    if (status !== 401) throw new Error(`${server.name} answered ${status} without a token`);
  }
  const [own, its] = [await sizeOfAnswer(ours, tokens[0]), await sizeOfAnswer(peer, tokens[0])];
  console.log(`an answer: gatehouse ${own} bytes, HAProxy ${its} bytes`);
  if (Math.abs(own - its) > 16) throw new Error("the answers differ in size");
}

async function sizeOfAnswer({ name, port }, token) {
  const { status, body, rawHeaders } = await request(port, HELLO, { headers: bearer(token) });
  if (status !== 200 || body !== '"Hello World"') throw new Error(`${name} answered ${status}: ${body}`);
  return rawHeaders.reduce((bytes, text) => bytes + text.length + 2, body.length);
}

/** Loads a server in every round, and says how fast it was and what a request cost it. */
async function loadOnce({ child, port }, script, options = {}) {
  const args = [script.file ?? "", script.uses, script.atOnce, script.path, script.routes ?? 0].map(String);
  if (!script.warm) await loadScript(port, SCRIPT, args, { seconds: PLAN.warmUpSeconds, ...options });
  const before = processorTime(child.pid);
  const result = await loadScript(port, SCRIPT, args, { seconds: PLAN.seconds, ...options });
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed: ${script.path}`);
  if (before === null) return { perSecond: result.perSecond, cost: null, ownCost: null };
  const after = processorTime(child.pid);
  const each = (time) => (after[time] - before[time]) / result.requests;
  return { perSecond: result.perSecond, cost: each("all"), ownCost: each("own") };
}

/** The median of each figure, for each of the things measured, which take turns. */
async function inTurn(measurements) {
  const results = Object.fromEntries(Object.keys(measurements).map((name) => [name, []]));
  for (let round = 1; round <= PLAN.rounds; round++) {
    for (const [name, take] of Object.entries(measurements)) results[name].push(await take());
    console.log(`round ${round} of ${PLAN.rounds}: ${Object.keys(results).join(", ")}`);
  }
  return results;
}

const of = (results, figure) => median(results.map((result) => result[figure]));

function ratioOf(figure, ours, theirs) {
  return median(ours.map((result, round) => result[figure] / theirs[round][figure]));
}

async function tokenRows({ tokensFile }, { ours, single, peer }) {
  const hello = (order) => ({ file: tokensFile, path: HELLO, ...order });
  const open = { file: tokensFile, path: "/gateway/open", ...NEW };
  const results = await inTurn({
    peerOpen: () => loadOnce({ ...peer, port: peer.openPort }, open),
    peerNew: () => loadOnce(peer, hello(NEW)),
    peerUsed: () => loadOnce(peer, hello(USED)),
    open: () => loadOnce(ours, open),
    new: () => loadOnce(ours, hello(NEW)),
    used: () => loadOnce(ours, hello(USED)),
    singleOpen: () => loadOnce(single, open),
    singleNew: () => loadOnce(single, hello(NEW)),
    singleUsed: () => loadOnce(single, hello(USED)),
    // A few tokens, all of them known from the warm-up.
    singleSeen: () => loadOnce(single, hello({ uses: 1e9, atOnce: 100 })),
  });
  return [
    { measure: "open route, HAProxy", value: figures(results.peerOpen) },
    { measure: "open route, gatehouse", value: figures(results.open) },
    { measure: "open route, gatehouse, 1 thread", value: figures(results.singleOpen) },
    ...against("every token new", results.peerNew, results.new, results.singleNew, TARGET.newTokens),
    ...against("every token used 20 times", results.peerUsed, results.used, results.singleUsed, TARGET.usedTokens),
    checkRow("new token, gatehouse", results.singleOpen, results.singleNew, TARGET.checkMicros.new),
    checkRow("seen token, gatehouse", results.singleOpen, results.singleSeen, TARGET.checkMicros.seen),
    checkRow("token, HAProxy", results.peerOpen, results.peerNew),
  ];
}

function against(what, theirs, ours, single, target) {
  const ratio = ratioOf("perSecond", ours, theirs);
  return [
    { measure: `${what}, HAProxy`, value: figures(theirs) },
    { measure: `${what}, gatehouse`, value: figures(ours) },
    {
      measure: `${what}, gatehouse : HAProxy, requests/s`,
      value: `${ratio.toFixed(1)} x`,
      target: `>= ${target} x`,
      met: ratio >= target,
    },
    {
      measure: `${what}, gatehouse with 1 thread : HAProxy`,
      value: `${ratioOf("perSecond", single, theirs).toFixed(1)} x (${figures(single)})`,
    },
  ];
}

/**
 * Processor time, because wrk shares the machine: what the check adds to the same route without policies. The program's
 * own code is judged: the check asks nothing of the kernel, but a slower answer lets wrk fall asleep, and the kernel
 * takes longer to wake it than to hand it more work.
 */
function checkRow(what, open, checked, target) {
  const added = (figure) => median(checked.map((result, round) => result[figure] - open[round][figure]));
  const known = open[0].cost !== null;
  return {
    measure: `the check of a ${what}, processor time`,
    value: known
      ? `${added("ownCost").toFixed(1)} µs; ${added("cost").toFixed(1)} µs with the kernel's`
      : "not measured: needs /proc",
    ...(target && { target: `<= ${target} µs`, met: known ? added("ownCost") <= target : undefined }),
  };
}

async function forwardRows({ ours, single, peer }) {
  const path = { path: "/gateway/forward", uses: 1, atOnce: 1, routes: 1 };
  const theirs = { ...peer, port: peer.forwardPort };
  const alone = { connections: 1 };
  const results = await inTurn({
    peer: () => loadOnce(theirs, path),
    ours: () => loadOnce(ours, path),
    single: () => loadOnce(single, path),
    peerAlone: () => loadOnce(theirs, path, alone),
    oursAlone: () => loadOnce(ours, path, alone),
  });
  const times = (own, other) => ratioOf("perSecond", other, own);
  const row = (measure, ratio, judged) => ({
    measure,
    value: `${ratio.toFixed(2)} x`,
    ...(judged && { target: `<= ${TARGET.forward} x`, met: ratio <= TARGET.forward }),
  });
  return [
    { measure: "forwarding, HAProxy", value: figures(results.peer) },
    { measure: "forwarding, gatehouse", value: figures(results.ours) },
    row("forwarding, time per request, gatehouse : HAProxy", times(results.ours, results.peer), true),
    row("forwarding, one request at a time", times(results.oursAlone, results.peerAlone), true),
    row("forwarding, gatehouse with 1 thread : HAProxy", times(results.single, results.peer), false),
  ];
}

async function routesRow(bench) {
  const [few, many] = [10, 10_000];
  const servers = {};
  for (const count of [few, many]) {
    const project = manyRoutes(bench.folder, count, bench.issuer.url);
    servers[count] = await startGateway(bench, `routes-${count}`, project, { TOKIO_WORKER_THREADS: "1" });
  }
  const script = (routes) => ({ path: "/gateway/resources/r%d/items/7", uses: 1, atOnce: 1, routes });
  const results = await inTurn({
    [few]: () => loadOnce(servers[few], script(few)),
    [many]: () => loadOnce(servers[many], script(many)),
  });
  for (const { child } of Object.values(servers)) await stop(child);
  const figure = results[few][0].cost === null ? "perSecond" : "cost";
  const ratio = figure === "cost" ? ratioOf("cost", results[many], results[few]) : ratioOf("perSecond", results[few], results[many]);
  return {
    measure: `time per request, ${many} routes : ${few} routes`,
    value: `${ratio.toFixed(2)} x (${figures(results[many])}; ${figures(results[few])})`,
    target: `<= ${TARGET.routes} x`,
    met: ratio <= TARGET.routes,
  };
}

/** The keys are not there yet when all of these arrive. */
async function firstRequestsRow(bench) {
  const before = bench.issuer.visits();
  const release = bench.issuer.hold();
  const { child, port } = await startGateway(bench, "first", bench.project);
  const head = `GET ${HELLO} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${bench.tokens[0]}\r\nconnection: close\r\n\r\n`;
  const asked = Array.from({ length: FIRST_REQUESTS }, () => ask(port, head));
  await Promise.all(asked.map(({ sent }) => sent));
  // Connections are taken in order: once this one is answered, the others have begun.
  await request(port, "/gateway/open");
  release();
  const statuses = await Promise.all(asked.map(({ status }) => status));
  await stop(child);
  const passed = statuses.filter((status) => status === "200").length;
  const fetches = bench.issuer.visits() - before;
  return {
    measure: `key fetches of ${FIRST_REQUESTS} concurrent first requests, ${passed} of which passed`,
    value: String(fetches),
    target: "1",
    met: fetches === 1 && passed === FIRST_REQUESTS,
    functional: true,
  };
}

function ask(port, head) {
  const socket = connect(port, "127.0.0.1");
  const sent = new Promise((done, failed) => {
    socket.once("error", failed);
    socket.write(head, done);
  });
  let answer = "";
  const status = new Promise((done) => {
    socket.on("data", (chunk) => (answer += chunk));
    socket.once("close", () => done(answer.split(" ")[1]));
  });
  return { sent, status };
}

/** How much memory the gateway takes more while a long answer passes through than after its first tenth. */
async function streamRow({ child, port }) {
  const began = performance.now();
  const samples = [];
  let bytes = 0;
  const streamed = new Promise((done, failed) => {
    get({ host: "127.0.0.1", port, path: "/gateway/stream", agent: false }, (response) => {
      response.on("data", (chunk) => (bytes += chunk.length));
      response.once("end", () => done(true));
      response.once("error", failed);
    }).once("error", failed);
  });
  while (!(await Promise.race([streamed, sleep(50, false)]))) {
    if (bytes > PLAN.streamBytes / 10) samples.push(residentMiB(child.pid));
  }
  const complete = bytes === PLAN.streamBytes;
  const growth = Math.max(...samples) - samples[0];
  const seconds = (performance.now() - began) / 1000;
  const measured = samples.length > 0 && samples[0] !== null;
  const memory = measured ? `grew by ${growth.toFixed(1)} MiB from ${samples[0].toFixed(0)} MiB` : "not measured";
  return {
    measure: `memory while ${PLAN.streamBytes / 1e9} GB pass through, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s`,
    value: complete ? memory : `only ${bytes} bytes arrived`,
    target: `<= ${TARGET.streamGrowthMiB} MiB`,
    met: complete && (!measured || growth <= TARGET.streamGrowthMiB),
    functional: true,
  };
}

function figures(results) {
  const cost = of(results, "cost");
  const time = results[0].cost === null ? "" : `, ${cost.toFixed(1)} µs of processor time each`;
  return `${of(results, "perSecond").toFixed(0)} requests/s${time}`;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(`bench: ${error.message}`);
    process.exit(1);
  },
);
