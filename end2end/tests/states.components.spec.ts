// The pages of Clerk's own components.

import { lookAtEvery } from "../fixtures/every-state";
import { COMPONENT_STATES } from "../fixtures/states";

lookAtEvery(COMPONENT_STATES);
