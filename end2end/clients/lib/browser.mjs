// Chromium, kept on this machine: no other name is resolved, and whoever asks for another is remembered.

import { chromium } from "@playwright/test";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];
const PICTURES = new URL("../test-results", import.meta.url).pathname;
const LOOPBACK = new Set(["localhost", "127.0.0.1"]);
/** Longer than anything takes, on a machine that has more to do. */
const PATIENCE_MS = 60_000;

/** A browser that lasts for a run. */
export class Browser {
  /** What asked for another machine, went wrong on a page, or was refused by its policy. */
  problems = [];

  static async start() {
    const browser = new Browser();
    browser.chromium = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH || undefined, args: ARGUMENTS });
    return browser;
  }

  /** A page with cookies of its own, at `origin`. */
  async page(origin) {
    const context = await this.chromium.newContext({ baseURL: origin });
    context.setDefaultTimeout(PATIENCE_MS);
    context.on("request", (request) => this.#onRequest(request));
    context.on("weberror", (error) => this.problems.push(`uncaught: ${error.error().message}`));
    this.latest = await context.newPage();
    return this.latest;
  }

  /** Keeps a picture of the latest page, to be looked at after a failure. */
  async keepPicture(name) {
    const path = `${PICTURES}/${name}.png`;
    await this.latest?.screenshot({ path });
    return path;
  }

  async stop() {
    await this.chromium.close();
  }

  #onRequest(request) {
    const url = new URL(request.url());
    const here = !/^(http|ws)s?:$/.test(url.protocol) || LOOPBACK.has(url.hostname);
    if (!here) this.problems.push(`request to another machine: ${url.href}`);
  }
}
