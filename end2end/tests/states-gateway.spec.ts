// The account page with a gateway elsewhere.

import { lookAtEvery } from "../fixtures/every-state";
import { GATEWAY_STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

test.use({ gateway: "fake" });

lookAtEvery(GATEWAY_STATES);
