// Loaded into every Node process of a run: refuses connections that leave this machine, and notes each in the file
// REFUSED_CONNECTIONS. A program that tries is not offline, whatever else it does right.

const { appendFileSync } = require("node:fs");
const { Socket } = require("node:net");

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\]|0\.0\.0\.0|::)$/;
const connect = Socket.prototype.connect;

/** Node passes its own calls as one list: the options, then the callback. */
function hostOf(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === "object" && first !== null) return first.path ? "localhost" : (first.host ?? "localhost");
  return typeof second === "string" ? second : "localhost";
}

Socket.prototype.connect = function connectHere(...args) {
  const host = hostOf(args);
  if (LOOPBACK.test(host)) return connect.apply(this, args);
  if (process.env.REFUSED_CONNECTIONS) appendFileSync(process.env.REFUSED_CONNECTIONS, `${process.argv[1]}: ${host}\n`);
  const error = Object.assign(new Error(`no connection to ${host}: this run stays on this machine`), { code: "ENOTFOUND" });
  // Callers listen for errors once they have the socket.
  process.nextTick(() => this.destroy(error));
  return this;
};
