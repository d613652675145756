// Ends the run with one line that people and programs can read: `N passed, N failed`.

import type { FullConfig, Reporter, Suite, TestCase } from "@playwright/test/reporter";

type Verdict = "passed" | "failed" | "skipped";

export default class SummaryReporter implements Reporter {
  private suite: Suite | undefined;
  private errors = 0;

  onBegin(_config: FullConfig, suite: Suite): void {
    this.suite = suite;
  }

  /** Something outside of any test, such as a spec that does not compile. */
  onError(): void {
    this.errors += 1;
  }

  onEnd(): void {
    const tests = this.suite?.allTests() ?? [];
    const verdicts = tests.map(verdict);
    const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length;
    const skipped = count("skipped") > 0 ? `, ${count("skipped")} skipped` : "";
    for (const test of tests.filter((test) => test.outcome() === "flaky")) {
      console.log(`passed the second time only: ${test.titlePath().filter(Boolean).join(" › ")}`);
    }
    console.log(`\n${count("passed")} passed, ${count("failed") + this.errors} failed${skipped}`);
  }

  printsToStdio(): boolean {
    return false;
  }
}

/** A test that never ran, although nobody skipped it, is not in order either. */
function verdict(test: TestCase): Verdict {
  if (test.outcome() === "expected" || test.outcome() === "flaky") {
    return "passed";
  }
  return test.expectedStatus === "skipped" ? "skipped" : "failed";
}
