// Runs the same specs with scripts on and with scripts off. Every worker starts servers of its own, so there is no
// `webServer` here; see `fixtures/server.ts`.

import { defineConfig, devices } from "@playwright/test";

import type { WorkerOptions } from "./fixtures/test";
import { findChromium } from "./fixtures/chromium";

const chromium = findChromium();

export default defineConfig<object, WorkerOptions>({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./fixtures/require-build.ts",
  fullyParallel: true,
  workers: 2,
  retries: 0,
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
    { name: "scripts-on", testIgnore: "*.scripts-off.spec.ts" },
    {
      name: "scripts-off",
      testIgnore: ["*.scripts-on.spec.ts", "*.screenshot.spec.ts"],
      use: { javaScriptEnabled: false },
    },
  ],
});
