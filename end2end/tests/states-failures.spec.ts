// Pages for what the program itself could not do.

import { lookAtEvery } from "../fixtures/every-state";
import { FAILURE_STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

test.use({
  gateway: "fake",
  site: "damaged",
  // Less than the application waits for its gateway.
  environment: { GATEHOUSE_TIME_LIMIT_SECONDS: "4", GATEHOUSE_SIGN_IN_RATE: "1" },
});

lookAtEvery(FAILURE_STATES);
