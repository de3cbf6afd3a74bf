import { connect, createServer } from "node:net";

/**
 * A port that nobody listens on now.
 * @param {string} host
 * @param {number} [preferred] Taken when free.
 * @returns {Promise<number>}
 */
export async function freePort(host, preferred) {
  return (preferred && (await tryListen(host, preferred))) || (await tryListen(host, 0)) || noPort(host);
}

/**
 * The first free port from `start` on; what `localhost` means to a browser counts too.
 * @param {string} host @param {number} start
 */
export async function nextFreePort(host, start) {
  for (let port = start; port < Math.min(start + 100, 65_536); port += 1) {
    if (await isPortFree(host, port)) return port;
  }
  return noPort(host);
}

/**
 * Whether we can listen there and nobody else answers to `localhost`, on whatever address that is.
 * @param {string} host @param {number} port
 */
export async function isPortFree(host, port) {
  return !(await someoneAnswers(port)) && (await tryListen(host, port)) !== undefined;
}

/** @param {string} host @param {number} port @returns {Promise<number | undefined>} */
function tryListen(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}

/** @param {number} port @returns {Promise<boolean>} */
function someoneAnswers(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: "localhost", port, autoSelectFamily: true });
    const settle = (/** @type {boolean} */ answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

/** @param {string} host @returns {never} */
function noPort(host) {
  throw new Error(`No free port on ${host}.`);
}
