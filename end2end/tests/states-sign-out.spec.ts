// Signing out while Clerk cannot be told.

import { lookAtEvery } from "../fixtures/every-state";
import { UNREACHABLE_WITH_KEY } from "../fixtures/hosted-clerk";
import { SIGN_OUT_STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

test.use({ environment: UNREACHABLE_WITH_KEY });

lookAtEvery(SIGN_OUT_STATES);
