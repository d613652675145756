// Child processes of the bench: started in groups of their own, so that nothing outlives a run,
// whether it ends well, fails or is interrupted.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const STOP_MS = 10_000;
// What Linux tells every program, whatever its own clock does.
const TICKS_PER_SECOND = 100;
const running = new Set();

/** Starts a program; `child.exited` resolves with how it ended and rejects when it cannot start. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
    ...options,
    detached: true,
  });
  running.add(child);
  child.exited = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => running.delete(child));
  // Whoever waits for the process still sees the rejection.
  child.exited.catch(() => {});
  return child;
}

/** This process's environment with changes, and without anybody's own Clerk or Next.js settings. */
export function environment(changes) {
  const own = Object.entries(process.env).filter(([name]) => !/^(NEXT_|CLERK_)/.test(name));
  return { ...Object.fromEntries(own), ...changes };
}

/** Runs a program to its end and returns its standard output. */
export async function run(command, args, options) {
  const child = start(command, args, options);
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  const { code, signal } = await child.exited;
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${signal ?? code}\n${output}`);
  }
  return output;
}

/** Waits until a program prints a line that matches, and returns the match. */
export function printed(child, pattern, limitMs) {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why) => reject(new Error(`${child.spawnargs.join(" ")}: ${why}\n${output}`));
    const timer = setTimeout(() => fail(`nothing like ${pattern} in ${limitMs} ms`), limitMs);
    // The listener stays after the match: a full pipe would block the program.
    child.stdout.on("data", (chunk) => {
      output = (output + chunk).slice(-10_000);
      const match = pattern.exec(output);
      if (!match) return;
      clearTimeout(timer);
      resolve(match);
    });
    child.exited.then(
      ({ code, signal }) => (clearTimeout(timer), fail(`ended with ${signal ?? code}`)),
      (error) => (clearTimeout(timer), reject(error)),
    );
  });
}

/** Asks a program to stop and fails when it does not. */
export async function stop(child) {
  child.kill("SIGTERM");
  const late = new AbortController();
  const stopped = await Promise.race([
    child.exited.then(() => true),
    sleep(STOP_MS, false, { signal: late.signal }),
  ]);
  late.abort();
  if (!stopped) throw new Error(`${child.spawnfile} did not stop within ${STOP_MS} ms of SIGTERM`);
}

/** Ends a program and what it started, at once: for those that have nothing to lose. */
export async function end(child) {
  killGroup(child);
  await child.exited;
}

function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Already gone, or never started.
  }
}

const killGroups = () => running.forEach(killGroup);

process.on("exit", killGroups);
for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]]) {
  process.on(signal, () => process.exit(128 + number));
}

/** Resident memory of a process and all its descendants in MiB; null where there is no /proc. */
export function residentMiB(pid) {
  if (!existsSync("/proc/self/status")) return null;
  const kib = descendants(pid).reduce((sum, id) => sum + residentKiB(id), 0);
  return kib / 1024;
}

/**
 * Processor time of a process and its threads so far, in microseconds: in its own code, and in all with what the kernel
 * did for it; null where there is no /proc.
 */
export function processorTime(pid) {
  try {
    // Behind the name, which may hold anything, come the third field and the rest: utime is the 14th, stime the 15th.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    const [own, kernel] = [fields[11], fields[12]].map((ticks) => (Number(ticks) * 1e6) / TICKS_PER_SECOND);
    return { own, all: own + kernel };
  } catch {
    return null;
  }
}

function residentKiB(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1] ?? 0);
}

function descendants(root) {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(statusOf(name))?.[1])]);
  const found = [root];
  for (const pid of found) {
    found.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child));
  }
  return found;
}

function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    // The process ended while the list was read.
    return "";
  }
}
