// Every page with the embedded Clerk and the embedded gateway.

import { lookAtEvery } from "../fixtures/every-state";
import { STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

test.use({ environment: { GATEHOUSE_LOCKOUT_ATTEMPTS: "3" } });

lookAtEvery(STATES);
