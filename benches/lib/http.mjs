// Plain HTTP requests to servers on this machine. `fetch` cannot set Host, and the servers are
// reached by address while their cookies and origins belong to "localhost".
import http from "node:http";

const LIMIT_MS = 10_000;

/** Sends one request on a connection of its own; resolves with status, headers and body. */
export function request(port, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      host: "127.0.0.1",
      port,
      path,
      method,
      agent: false,
      headers: { Host: `localhost:${port}`, ...headers },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks = [];
      response.on("error", reject);
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.end(body);
  });
}
