import { join } from "node:path";
import { dropLease, liveLeases, takeLease } from "./leases.mjs";
import { withLock } from "./lock.mjs";
import { ensurePrivate } from "./paths.mjs";
import { ensureRoles, loadPasswords, urlFor } from "./postgres-roles.mjs";
import { findRunning, startServer, stopServer } from "./postgres-server.mjs";

/**
 * @typedef {object} Database
 * @property {string} url        As the app's role, which owns nothing.
 * @property {string} directUrl  The same past a pooler; here there is none.
 * @property {string} ownerUrl   As the superuser, for migrations.
 * @property {number} port       On 127.0.0.1.
 * @property {() => Promise<void>} release  Ends this use; the last user out stops the server.
 */

/**
 * Makes the embedded Postgres of a data directory answer, and holds it until released: starts it, or adopts
 * the one that already runs, whoever started it. Safe to call from many processes at once.
 * @param {{
 *   dataDir: string,
 *   log?: (line: string) => void,
 *   settings?: Record<string, string>,
 *   signal?: AbortSignal,
 * }} options `settings` are server settings for a server started by this call; `signal` ends waiting for others.
 * @returns {Promise<Database>}
 */
export async function acquireDatabase({ dataDir, log = () => {}, settings = {}, signal }) {
  ensurePrivate(dataDir);
  const serverDir = join(dataDir, "postgres");
  ensurePrivate(serverDir);

  const work = async () => {
    takeLease(dataDir);
    try {
      const passwords = loadPasswords(serverDir);
      const port =
        (await findRunning(serverDir, passwords, { log, signal })) ??
        (await startServer({ dataDir, serverDir, passwords, settings, log }));
      await ensureRoles(port, passwords);
      const url = urlFor("app", passwords, port);
      return {
        url,
        directUrl: url,
        ownerUrl: urlFor("owner", passwords, port),
        port,
        release: releaseOnce(dataDir, log),
      };
    } catch (error) {
      await leave(dataDir);
      throw error;
    }
  };
  return locked(dataDir, work, log, signal);
}

/**
 * Stops the embedded server of a data directory, unless a running process still holds a lease on it.
 * @param {{ dataDir: string, log?: (line: string) => void }} options
 * @returns {Promise<boolean>} whether nothing runs there now
 */
export async function stopDatabase({ dataDir, log = () => {} }) {
  return locked(dataDir, () => stopIfUnused(dataDir), log);
}

/** @param {string} dataDir @param {(line: string) => void} log */
function releaseOnce(dataDir, log) {
  /** @type {Promise<void> | undefined} */
  let released;
  return () => {
    released ??= locked(dataDir, () => leave(dataDir), log);
    return released;
  };
}

/** @param {string} dataDir */
async function leave(dataDir) {
  dropLease(dataDir);
  await stopIfUnused(dataDir);
}

/** @param {string} dataDir */
async function stopIfUnused(dataDir) {
  if (liveLeases(dataDir).length > 0) return false;
  await stopServer(join(dataDir, "postgres"));
  return true;
}

/**
 * @template T
 * @param {string} dataDir @param {() => Promise<T>} work
 * @param {(line: string) => void} log @param {AbortSignal} [signal]
 */
function locked(dataDir, work, log, signal) {
  const onWait = () => log("Waiting for another process that starts or stops the database");
  return withLock(join(dataDir, "postgres.lock"), work, { onWait, signal });
}
