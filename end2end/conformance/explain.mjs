// Asks the tables of intended differences whether they account for what `compare` found.

import { compare } from "./compare.mjs";
import { DIFFERENCES } from "./differences.mjs";

/**
 * The ids of the entries that explain, together, how two outcomes differ; or the differences that are left.
 * `decide` is the SDK; `regenerate` makes the request again, and has its draft read before it is written out.
 */
export async function explain(request, sdk, ours, { decide, regenerate }) {
  const unexplained = compare(request, sdk, ours);
  if (unexplained.length === 0) return { ids: [], signsIn: false, unexplained };
  const signsIn = grantsMore(ours, sdk);
  for (const { entries, reading } of readings(request, regenerate)) {
    const { answer, answering } = asWeGiveIt(request, reading === request ? sdk : await decide(reading));
    const used = [...entries, ...answering];
    const isOurs = compare(request, answer, inTermsOf(reading, request, ours)).length === 0;
    if (isOurs && (!signsIn || used.some((entry) => entry.signsIn))) {
      return { ids: used.map(({ id }) => id), signsIn, unexplained: [] };
    }
  }
  return { ids: [], signsIn, unexplained };
}

/** The request as it stands, and as the entries read it that read it otherwise: alone, two together, and so on. */
function* readings(request, regenerate) {
  yield { entries: [], reading: request };
  const readBy = (forms) => readingOf(request, forms, regenerate);
  const readsOtherwise = (form) => !isSame(request, readBy([form]));
  const withOrWithout = (sets, entry) =>
    sets.concat(formsOf(entry).filter(readsOtherwise).flatMap((form) => sets.map((set) => [...set, form])));
  const [, ...sets] = DIFFERENCES.reduce(withOrWithout, [[]]);
  sets.sort((one, other) => one.length - other.length);
  for (const forms of sets) yield { entries: forms.map(({ entry }) => entry), reading: readBy(forms) };
}

function formsOf(entry) {
  if (entry.token === undefined) return entry.request ? [{ entry }] : [];
  return [entry.token].flat().map((token) => ({ entry, token }));
}

function readingOf(request, forms, regenerate) {
  const readers = forms.flatMap(({ token }) => token ?? []);
  const readDraft = (draft) => readers.forEach((reader) => draft.tokens.forEach((token) => reader(token, draft)));
  const start = readers.length > 0 ? regenerate(readDraft) : request;
  return forms.reduce((reading, { entry }) => entry.request?.(reading) ?? reading, start);
}

function isSame(request, reading) {
  const [one, other] = [request, reading].map(({ scheme, target, headers, settings }) =>
    JSON.stringify([scheme, target, headers, settings]));
  return one === other;
}

function asWeGiveIt(request, decided) {
  const answering = [];
  const answer = DIFFERENCES.reduce((given, entry) => {
    const changed = entry.answer?.(given, request) ?? given;
    if (JSON.stringify(changed) !== JSON.stringify(given)) answering.push(entry);
    return changed;
  }, decided);
  return { answer, answering };
}

/** Our outcome with the reading's tokens and names in the place of the request's own. */
function inTermsOf(reading, request, ours) {
  if (reading === request) return ours;
  const read = reading.tokens();
  const tokens = request.tokens().map((own, index) => [own, read[index]]);
  const pairs = [...tokens, ...(reading.aliases ?? [])].filter(([own, other]) => own !== "" && own !== other);
  const encoded = pairs.map((pair) => pair.map(encodeURIComponent));
  const replace = (text, [own, other]) => text.replaceAll(own, other);
  return JSON.parse([...pairs, ...encoded].reduce(replace, JSON.stringify(ours)));
}

/** Whether we sign in somebody whom the SDK does not, or show a page more of a visitor than it does. */
function grantsMore(ours, sdk) {
  if (ours.status !== "signed-in") return false;
  if (sdk.status !== "signed-in") return true;
  const [own, theirs] = [ours.auth, sdk.auth];
  if (!own || !theirs) return false;
  const granted = ["userId", "sessionId", "orgId", "orgRole"].some((name) => own[name] && own[name] !== theirs[name]);
  return granted || (own.orgPermissions ?? []).some((permission) => !theirs.orgPermissions?.includes(permission));
}
