// Every difference from the SDK that is meant. Whatever is not in these tables fails the run; so does an entry that
// explains nothing.
//
// An entry says what we do, never what may differ: the SDK is asked about the request as we read it, and its answer, as
// we give it, must then be ours to the letter.
//
//   token(token, draft)        reads a token: changes its draft before it is signed (see tokens.mjs)
//   request(request)           reads a request: another one, with the `aliases` of what it renames, or undefined
//   answer(answer, request)    gives an answer: the SDK's, changed, or undefined
//   signsIn                    why it is right to sign in, or to grant more to, somebody whom the SDK does not. Without
//                              it an entry explains no such difference.
//
// Where a reading has several forms, `token` is a list, and one of them must lead to our answer.

import { HANDSHAKE_DIFFERENCES } from "./differences-in-handshakes.mjs";
import { KEY_DIFFERENCES } from "./differences-in-keys.mjs";
import { REQUEST_DIFFERENCES } from "./differences-in-requests.mjs";
import { TOKEN_DIFFERENCES } from "./differences-in-tokens.mjs";

export const DIFFERENCES = [
  ...REQUEST_DIFFERENCES,
  ...HANDSHAKE_DIFFERENCES,
  ...TOKEN_DIFFERENCES,
  ...KEY_DIFFERENCES,
];

/** The tables as they stand in the README. */
export function markdownTables() {
  const row = (...cells) => `| ${cells.join(" | ")} |`;
  const all = DIFFERENCES.map(({ id, reason }) => row(`\`${id}\``, reason));
  const signingIn = DIFFERENCES.filter(({ signsIn }) => signsIn).map(({ id, signsIn }) => row(`\`${id}\``, signsIn));
  return [
    row("difference", "what is different, and why"), "|---|---|", ...all, "",
    "These, and no others, can sign in somebody whom the SDK does not, or grant them more:", "",
    row("difference", "why that is right"), "|---|---|", ...signingIn,
  ].join("\n");
}
