// Runs the same specs with scripts on and with scripts off, and those in which people sign in or up also with Clerk's own
// components in the place of the embedded Clerk's pages. Every worker starts servers of its own, so there is no
// `webServer` here; see `fixtures/server.ts`.

import { defineConfig, devices } from "@playwright/test";

import type { WorkerOptions } from "./fixtures/test";
import { findChromium } from "./fixtures/chromium";

const chromium = findChromium();

/**
 * Whose tests depend on where people sign in and up. In the others it cannot matter: they are about the portal's own
 * pages, about pages and answers that everybody gets, or about what the gateway answers to a session that is there.
 * Within these, a test that is about the portal's form alone has the tag `@portal`.
 */
const SIGNING_IN = [
  "account",
  "cookies",
  "gateway-call",
  "home",
  "journey",
  "keyboard",
  "return-target",
  "server-restart",
  "sign-in",
  "sign-out",
  "sign-up",
  "token-clock.scripts-on",
  "token-expiry",
  "token-secrecy",
];

export default defineConfig<object, WorkerOptions>({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./fixtures/require-build.ts",
  fullyParallel: true,
  workers: 2,
  // A machine that others use, too, can keep a browser waiting. What passes the second time only is named at the end.
  retries: process.env["CI"] ? 1 : 0,
  forbidOnly: Boolean(process.env["CI"]),
  timeout: 30_000,
  reporter: [["list"], ["./reporters/summary.ts"]],
  use: {
    ...devices["Desktop Chrome"],
    trace: "retain-on-failure",
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "scripts-on", testIgnore: ["*.scripts-off.spec.ts", "*.components.spec.ts"] },
    {
      name: "scripts-off",
      testIgnore: ["*.scripts-on.spec.ts", "*.screenshot.spec.ts", "*.components.spec.ts"],
      use: { javaScriptEnabled: false },
    },
    {
      name: "components",
      testMatch: [...SIGNING_IN.map((name) => `${name}.spec.ts`), "*.components.spec.ts"],
      grepInvert: /@portal/,
      // Their scripts weigh more than a megabyte.
      timeout: 60_000,
      expect: { timeout: 15_000 },
      use: { form: "components" },
    },
  ],
});
