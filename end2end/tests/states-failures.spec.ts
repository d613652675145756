// Pages for what the program itself could not do.

import { lookAtEvery } from "../fixtures/every-state";
import { FAILURE_STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

// Less than the application waits for its gateway.
test.use({ gateway: "fake", site: "damaged", environment: { GATEHOUSE_TIME_LIMIT_SECONDS: "4" } });

lookAtEvery(FAILURE_STATES);
