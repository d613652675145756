// Sending forms.

import type { Locator, Page, Response } from "@playwright/test";

/** Presses the button and returns the answer to the form itself, before any redirect is followed. */
export async function submit(page: Page, button: Locator): Promise<Response> {
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await button.click();
  return answer;
}
