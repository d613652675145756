// `make bench`: how fast Gatehouse starts, how many account pages it serves next to the article's
// Next.js app in the same run, and how much memory it holds afterwards. Needs a release build and
// wrk; ends with a failure when a target is missed. README.md says on what terms it measures.
//
// --quick: one short round, fewer starts, no Next.js app; only functional failures fail.
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { startArticleApp } from "./lib/article-app.mjs";
import { PUBLISHABLE_KEY, requireBuild, signIn, signingKey, startGatehouse } from "./lib/gatehouse.mjs";
import { request } from "./lib/http.mjs";
import { residentMiB, stop } from "./lib/processes.mjs";
import { median, report } from "./lib/report.mjs";
import { load, requireWrk } from "./lib/wrk.mjs";

const QUICK = process.argv.includes("--quick");
const PLAN = QUICK
  ? { starts: 3, firstRound: 1, rounds: 1, seconds: 2, warmUpSeconds: 1 }
  : { starts: 10, firstRound: 0, rounds: 3, seconds: 10, warmUpSeconds: 2 };
const TARGET = { startMs: 150, ratio: 30, residentMiB: 60 };
const PAGES_BEFORE_MEMORY = 10_000;
const CHECK_EVERY_MS = 500;

async function main() {
  requireWrk();
  requireBuild();
  const [cpu] = cpus();
  console.log(`machine: ${cpus().length} x ${cpu.model}, Node ${process.version}${QUICK ? ", quick run" : ""}`);

  const startMs = await measureStarts();
  const servers = await startServers();
  await measureRounds(servers);
  await serveEnoughPages(servers.gatehouse);
  const rows = [startRow(startMs), ...loadRows(servers), ...ratioRows(servers), ...memoryRows(servers)];
  for (const server of Object.values(servers)) await stop(server.child);

  report(rows);
  return rows.some((row) => row.met === false && (row.functional || !QUICK)) ? 1 : 0;
}

/** The time from spawning to the first 200, for each start after the one that makes the instance. */
async function measureStarts() {
  const times = [];
  for (let i = 0; i <= PLAN.starts; i++) {
    const { child, readyMs } = await startGatehouse();
    await stop(child);
    console.log(i === 0 ? "start 0 (not counted): done" : `start ${i}: ${readyMs.toFixed(1)} ms`);
    if (i > 0) times.push(readyMs);
  }
  return times;
}

/** Both servers, using the same gateway: the one inside Gatehouse. */
async function startServers() {
  const gatehouse = server("gatehouse", await startGatehouse());
  if (QUICK) return { gatehouse };
  const key = await signingKey(gatehouse.port);
  const gateway = `http://127.0.0.1:${gatehouse.port}/gateway`;
  const articleApp = server("article app", await startArticleApp(PUBLISHABLE_KEY, key, gateway));
  return { gatehouse, articleApp };
}

function server(name, { child, port }) {
  return { name, child, port, pages: 0, results: [], failed: 0 };
}

/** Loads the servers in turn. Round 0 does not count: it is there for Node's compiler. */
async function measureRounds(servers) {
  for (let i = PLAN.firstRound; i <= PLAN.rounds; i++) {
    for (const target of Object.values(servers)) {
      const result = await loadAccountPage(target, servers.gatehouse.port);
      if (i > 0) target.results.push(result);
      const label = i === 0 ? "round 0 (not counted)" : `round ${i}`;
      console.log(`${label}, ${target.name}: ${figures(result)}`);
    }
  }
}

/** One round: a fresh session, since a token lives a minute, then a warm-up, then the load. */
async function loadAccountPage(target, instancePort) {
  const cookies = await signIn(instancePort);
  await checkAccountPage(target, cookies);
  const warmUp = await load(target.port, "/account", cookies, PLAN.warmUpSeconds);
  const result = await loadAndCheck(target, cookies);
  await checkAccountPage(target, cookies);
  if (result.requests === 0) throw new Error(`${target.name} served no account page`);
  target.pages += warmUp.requests + result.requests;
  target.failed += warmUp.errors + result.errors;
  return result;
}

// wrk takes a redirect to the sign-in page for a success, so the page is read while it is loaded.
async function loadAndCheck(target, cookies) {
  let finished = false;
  const loading = load(target.port, "/account", cookies, PLAN.seconds).finally(() => (finished = true));
  while (!finished) {
    await checkAccountPage(target, cookies);
    await Promise.race([loading, sleep(CHECK_EVERY_MS)]);
  }
  return loading;
}

async function checkAccountPage({ name, port }, cookies) {
  const { status, body } = await request(port, "/account", { headers: { Cookie: cookies } });
  if (status !== 200 || !body.includes("Hello World")) {
    throw new Error(`${name}: /account answered ${status} without the greeting:\n${body.slice(0, 2000)}`);
  }
}

async function serveEnoughPages(gatehouse) {
  while (gatehouse.pages < PAGES_BEFORE_MEMORY) await loadAccountPage(gatehouse, gatehouse.port);
}

function startRow(times) {
  const ms = median(times);
  return {
    measure: `start to first 200, median of ${times.length}`,
    value: `${ms.toFixed(1)} ms`,
    target: `<= ${TARGET.startMs} ms`,
    met: ms <= TARGET.startMs,
  };
}

function loadRows(servers) {
  return Object.values(servers).flatMap(({ name, results, failed }) => [
    { measure: `account page, ${name}`, value: figures(medians(results)) },
    {
      measure: `failed requests, ${name}`,
      value: String(failed),
      target: "0",
      met: failed === 0,
      functional: true,
    },
  ]);
}

function ratioRows({ gatehouse, articleApp }) {
  if (!articleApp) return [];
  const ratios = gatehouse.results.map((ours, i) => ours.perSecond / articleApp.results[i].perSecond);
  const ratio = median(ratios);
  return [
    {
      measure: `gatehouse : article app, median of ${ratios.length}`,
      value: `${ratio.toFixed(1)} x`,
      target: `>= ${TARGET.ratio} x`,
      met: ratio >= TARGET.ratio,
    },
  ];
}

function memoryRows({ gatehouse, articleApp }) {
  const row = { ...memoryRow(gatehouse), target: `<= ${TARGET.residentMiB} MiB` };
  if (row.mib !== null) row.met = row.mib <= TARGET.residentMiB;
  return articleApp ? [row, memoryRow(articleApp)] : [row];
}

function memoryRow({ name, child, pages }) {
  const mib = residentMiB(child.pid);
  return {
    measure: `resident memory after ${pages} pages, ${name}`,
    value: mib === null ? "not measured: needs /proc" : `${mib.toFixed(1)} MiB`,
    mib,
  };
}

function medians(results) {
  const of = (field) => median(results.map((result) => result[field]));
  return { perSecond: of("perSecond"), p50: of("p50"), p99: of("p99") };
}

function figures({ perSecond, p50, p99 }) {
  return `${perSecond.toFixed(0)} requests/s, median ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(`bench: ${error.message}`);
    process.exit(1);
  },
);
