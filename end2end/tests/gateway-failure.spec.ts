// Each way in which the gateway can fail: the page says which, with the right status, keeps its other parts, and offers
// to try again, or to sign in as somebody else where that alone can help.

import type { FakeGateway } from "../fixtures/fake-gateway";
import { expect, test } from "../fixtures/test";
import { GRACE } from "../fixtures/users";

test.use({ gateway: "fake" });

interface Failure {
  readonly when: string;
  readonly fail: (gateway: FakeGateway) => void | Promise<void>;
  readonly status: number;
  readonly words: RegExp;
}

const NO_SENSE = /makes no sense/;

const FAILURES: readonly Failure[] = [
  {
    when: "it refuses the token",
    fail: (gateway) => gateway.answersStatus(401),
    status: 502,
    words: /refused your session token/,
  },
  {
    when: "it forbids the API",
    fail: (gateway) => gateway.answersStatus(403),
    status: 403,
    words: /does not let you in/,
  },
  {
    when: "it limits requests",
    fail: (gateway) => gateway.answersStatus(429),
    status: 429,
    words: /Too many requests/,
  },
  { when: "it is not ready", fail: (gateway) => gateway.answersStatus(503), status: 503, words: /not ready/ },
  { when: "it fails", fail: (gateway) => gateway.answersStatus(500), status: 502, words: NO_SENSE },
  {
    when: "it redirects",
    fail: (gateway) => gateway.answersStatus(302, { location: "/hello" }),
    status: 502,
    words: NO_SENSE,
  },
  { when: "it is down", fail: (gateway) => gateway.isDown(), status: 502, words: /is down/ },
  { when: "it is slow", fail: (gateway) => gateway.isSlow(), status: 504, words: /too slow/ },
  { when: "it breaks off", fail: (gateway) => gateway.breaksOff(), status: 502, words: NO_SENSE },
  {
    when: "it sends HTML",
    fail: (gateway) => gateway.answersBody("<h1>Hello World</h1>", "text/html"),
    status: 502,
    words: NO_SENSE,
  },
  { when: "it sends a number", fail: (gateway) => gateway.answersBody("42"), status: 502, words: NO_SENSE },
  { when: "it sends nothing", fail: (gateway) => gateway.answersBody(""), status: 502, words: NO_SENSE },
  {
    when: "it sends a megabyte",
    fail: (gateway) => gateway.answersBody(`"${"x".repeat(1_000_000)}"`),
    status: 502,
    words: NO_SENSE,
  },
];

for (const { when, fail, status, words } of FAILURES) {
  test(`when ${when}, the page says so until it recovers`, async ({
    page,
    accountPage,
    fakeGateway,
    signInPage,
    watch,
  }) => {
    watch.expectStatus(status);
    await signInPage.enterAs(GRACE);
    await fail(fakeGateway);

    const failed = await accountPage.goto();
    expect(failed?.status()).toBe(status);
    await expect(accountPage.failure).toContainText(words);
    await expect(accountPage.failure).toContainText(/Request [0-9a-f-]{36}/);
    await expect(accountPage.greeting).toBeHidden();
    await expect(accountPage.session).toContainText(GRACE.id);
    await expect(accountPage.header.signOutButton).toBeVisible();
    await expect(page.getByText("Not for the page")).toBeHidden();

    await fakeGateway.recovers();
    if (status === 403) {
      await expect(page.getByRole("button", { name: "Sign in as somebody else" })).toBeVisible();
      await expect(accountPage.tryAgainLink).toBeHidden();
    }
    const again = status === 403 ? await accountPage.goto() : await accountPage.tryAgain();
    expect(again?.status()).toBe(200);
    await expect(accountPage.greeting).toBeVisible();
    await expect(accountPage.failure).toBeHidden();
  });
}
