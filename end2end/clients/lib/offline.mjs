// Keeps a run on this machine, and says what tried to leave it.

import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PRELOAD = join(import.meta.dirname, "loopback-only.cjs");

/** A folder for what a run leaves behind. */
export const SCRATCH = mkdtempSync(join(tmpdir(), "gatehouse-clients-"));

const REFUSED = join(SCRATCH, "refused-connections");

/** What Node processes of a run are started with; spaces in the path are not for NODE_OPTIONS. */
export const OFFLINE = {
  NODE_OPTIONS: `--require=${JSON.stringify(PRELOAD)}`,
  REFUSED_CONNECTIONS: REFUSED,
};

/** The connections that Node processes were refused, one a line. */
export function refusedConnections() {
  return existsSync(REFUSED) ? [...new Set(readFileSync(REFUSED, "utf8").trim().split("\n"))] : [];
}
