// Pages while nobody can tell who a visitor is.

import { lookAtEvery } from "../fixtures/every-state";
import { UNREACHABLE } from "../fixtures/hosted-clerk";
import { CLERK_DOWN_STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

test.use({ environment: UNREACHABLE });

lookAtEvery(CLERK_DOWN_STATES);
