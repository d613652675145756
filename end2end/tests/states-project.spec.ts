// The page of the gateway's routes, with a project that has more in it.

import { lookAtEvery } from "../fixtures/every-state";
import { PROJECT_STATES } from "../fixtures/states";
import { test } from "../fixtures/test";

test.use({ project: "tests" });

lookAtEvery(PROJECT_STATES);
