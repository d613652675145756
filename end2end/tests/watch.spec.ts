// The watch over the browser sees what it is there for. Without these tests, it could be blind and nobody would know.

import type { Page } from "@playwright/test";

import { test } from "../fixtures/test";

test("sees pages with an error status", async ({ page, watch }) => {
  watch.expectProblem(/^page with status 404: /);
  watch.expectProblem(/^console error: Failed to load resource: .* 404/);
  await page.goto("/no-such-page");
});

test("sees resources with an error status", async ({ page, homePage, watch }) => {
  watch.expectProblem(/^resource with status 404: /);
  watch.expectProblem(/^console error: Failed to load resource: .* 404/);
  await homePage.goto();
  await addPicture(page, "/no-such-picture.png");
});

test("sees what the policy refuses", async ({ page, homePage, javaScriptEnabled, watch }) => {
  watch.expectProblem(/^console error: .*Content Security Policy/);
  watch.expectProblem(/^request to another site: http:\/\/elsewhere\.example\/picture\.png$/);
  if (javaScriptEnabled !== false) {
    watch.expectProblem(/^console error: policy report: img-src refused /);
  }
  await homePage.goto();
  await addPicture(page, "http://elsewhere.example/picture.png");
});

test("sees visits to other sites", async ({ page, watch }) => {
  watch.expectProblem(/^request to another site: http:\/\/elsewhere\.example\/$/);
  await page.route("http://elsewhere.example/", (route) => route.fulfill({ body: "" }));
  await page.goto("http://elsewhere.example/");
});

test("sees console errors and warnings", async ({ page, homePage, watch }) => {
  watch.expectProblem(/^console warning: a warning/);
  watch.expectProblem(/^console error: an error/);
  await homePage.goto();
  await page.evaluate(() => {
    console.warn("a warning");
    console.error("an error");
  });
});

async function addPicture(page: Page, src: string): Promise<void> {
  await page.evaluate((src) => document.body.append(Object.assign(new Image(), { src })), src);
}
