// What the browser shows while there is no network is the browser's. What was typed must still be there afterwards.

import { expect, test } from "../fixtures/test";
import { TEST_CODE, newcomer } from "../fixtures/users";

test("a form that could not be sent keeps what was typed", async ({ page, context, accountPage, signUpPage, watch }) => {
  watch.expectProblem(/^request failed: .* \(net::ERR_INTERNET_DISCONNECTED\)$/);
  const user = newcomer();
  await signUpPage.goto("/account?from=offline");
  await signUpPage.firstName.fill(user.firstName);
  await signUpPage.lastName.fill(user.lastName);
  await signUpPage.email.fill(user.email);
  await signUpPage.password.fill(user.password);
  await context.setOffline(true);
  const failed = page.waitForEvent("requestfailed");
  await signUpPage.signUpButton.click();
  await failed;
  await expect(signUpPage.heading).toBeHidden();

  await context.setOffline(false);
  await page.goBack();
  await expect(signUpPage.firstName).toHaveValue(user.firstName);
  await expect(signUpPage.lastName).toHaveValue(user.lastName);
  await expect(signUpPage.email).toHaveValue(user.email);
  await signUpPage.password.fill(user.password);
  await signUpPage.signUpButton.click();
  await signUpPage.verify(TEST_CODE);
  await expect(page).toHaveURL("/account?from=offline");
  await expect(accountPage.greeting).toBeVisible();
});
