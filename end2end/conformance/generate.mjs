// Makes request number `index` of a run. Every second request is one scenario with one change, so that each change is
// met alone; the others have none to three.

import { finish } from "./draft.mjs";
import { REQUEST_CHANGES } from "./request-changes.mjs";
import { choices } from "./rng.mjs";
import { SCENARIOS } from "./scenarios.mjs";
import { TOKEN_CHANGES } from "./token-changes.mjs";

const aboutTokens = Object.entries(TOKEN_CHANGES).map(([name, apply]) => ({ name, apply: toSomeToken(apply) }));
const aboutRequests = Object.entries(REQUEST_CHANGES).map(([name, apply]) => ({ name, apply }));
const everyChange = [...aboutTokens, ...aboutRequests];

function toSomeToken(apply) {
  return (draft, choose) => {
    if (draft.tokens.length > 0) apply(choose.pick(draft.tokens), draft, choose);
  };
}

const HOW_MANY = [[0, 2], [1, 2], [2, 5], [3, 2]];

function changesFor(index, choose) {
  if (index % 2 === 0) return [everyChange[(index / 2) % everyChange.length]];
  return Array.from({ length: choose.weighted(HOW_MANY) }, () =>
    choose.pick(choose.chance(0.4) ? aboutTokens : aboutRequests));
}

/** A scenario's draft; for a change about tokens, one that has a token to change. */
function startFor(changes, choose) {
  for (;;) {
    const scenario = choose.weighted(SCENARIOS);
    const draft = scenario(choose);
    const fits = draft.tokens.length > 0 || !changes.some((change) => aboutTokens.includes(change));
    if (fits) return { scenario: scenario.name, draft };
  }
}

/** Request number `index`. `read` may change its draft in the end. */
export function generate(seed, index, read = () => {}) {
  const choose = choices(seed, index);
  const changes = changesFor(index, choose);
  const { scenario, draft } = startFor(changes, choose);
  for (const change of changes) change.apply(draft, choose);
  read(draft);
  return finish(draft, { index, scenario, changes: changes.map(({ name }) => name) });
}
