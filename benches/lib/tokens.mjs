// Session tokens as Clerk makes them, each with an id of its own, signed on every processor.
import { availableParallelism } from "node:os";
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const LIFE_SECONDS = 3600;
const HEADER = { alg: "RS256", cat: "cl_B7d4PD111AAA", kid: "bench", typ: "JWT" };

/** A new key: its PEM text, its public PEM text and the key set that publishes it. */
export function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const publicKey = createPublicKey(privateKey);
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: HEADER.kid, alg: HEADER.alg, use: "sig" };
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicPem: publicKey.export({ type: "spki", format: "pem" }),
    jwks: { keys: [jwk] },
  };
}

/** So many tokens, no two of them alike. */
export async function makeTokens(count, settings) {
  const share = Math.ceil(count / availableParallelism());
  const firsts = Array.from({ length: Math.ceil(count / share) }, (_, i) => i * share);
  const shares = await Promise.all(firsts.map((first) => shareOf(first, Math.min(share, count - first), settings)));
  return shares.flat();
}

function shareOf(first, count, settings) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { first, count, ...settings } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function token(number, { pem, issuer, origin, now }) {
  const claims = {
    azp: origin,
    exp: now + LIFE_SECONDS,
    fva: [0, -1],
    iat: now,
    iss: issuer,
    jti: `tok_${number}`,
    nbf: now - 10,
    sid: "sess_2rDDkXcKLzZuFmKCPQWDUTw2uMb",
    sts: "active",
    sub: "user_2rDDkWcXvZgJmZlSGvnYwyUzeRk",
    v: 2,
  };
  const signed = [HEADER, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${sign("sha256", Buffer.from(signed), pem).toString("base64url")}`;
}

if (!isMainThread) {
  const { first, count, ...settings } = workerData;
  parentPort.postMessage(Array.from({ length: count }, (_, i) => token(first + i, settings)));
}
