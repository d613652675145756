// Pictures that applications upload.

import assert from "node:assert/strict";

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** A PNG of one pixel that browsers show. */
export const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** A PNG, as far as its first bytes go; those with other numbers differ. */
export function picture(number) {
  return new Blob([new Uint8Array([...PNG, number])], { type: "image/png" });
}

/** Fails unless this picture is served at this address. */
export async function isServed(url, picture) {
  const answer = await fetch(url);
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, picture.type], url);
  assert.deepEqual(await answer.arrayBuffer(), await picture.arrayBuffer());
}
