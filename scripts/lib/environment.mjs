import { join, resolve } from "node:path";
import { ensurePrivate, repository } from "./paths.mjs";
import { isPortFree, nextFreePort } from "./ports.mjs";
import { acquireDatabase } from "./postgres.mjs";

/**
 * @typedef {object} Place
 * @property {string} host
 * @property {number} port
 * @property {string} address  Where people find the console, without a slash at the end.
 */

/** Where the embedded database, keys and leases live; made private. */
export function dataDirectory() {
  const folder = resolve(process.env.ASSENTRY_DATA_DIR || join(repository, ".assentry"));
  ensurePrivate(folder);
  return folder;
}

/**
 * Decides where the console listens: on loopback unless HOST says otherwise.
 * @param {{ whenBusy: "fail" | "next", log: (line: string) => void }} options
 * @returns {Promise<Place>}
 */
export async function choosePlace({ whenBusy, log }) {
  const host = process.env.HOST || "127.0.0.1";
  const wanted = Number(process.env.PORT || 3000);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 65_535) {
    throw new Error(`PORT must be a number from 1 to 65535, not ${JSON.stringify(process.env.PORT)}.`);
  }
  let port = wanted;
  if (!(await isPortFree(host, wanted))) {
    if (whenBusy === "fail") {
      throw new Error(`Port ${wanted} is in use. Stop what listens there, or choose another: PORT=3001.`);
    }
    port = await nextFreePort(host, wanted + 1);
    log(`Port ${wanted} is in use; taking ${port}`);
  }
  return { host, port, address: (process.env.AUTH_URL || `http://localhost:${port}`).replace(/\/+$/, "") };
}

/**
 * The environment of whatever works on the console's data: the external database if DATABASE_URL is set,
 * else the embedded one, started if need be.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ dataDir: string, env: NodeJS.ProcessEnv, release: () => Promise<void> }>}
 */
export async function openData({ log, signal }) {
  const dataDir = dataDirectory();
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ASSENTRY_DATA_DIR: dataDir, NEXT_TELEMETRY_DISABLED: "1" };
  if (process.env.DATABASE_URL) return { dataDir, env, release: async () => {} };
  // Settings for somebody's own Postgres (PGSSLMODE and the like) must not reach for the embedded one.
  for (const name of Object.keys(env)) if (name.startsWith("PG")) delete env[name];
  const database = await acquireDatabase({ dataDir, log, signal });
  const urls = {
    DATABASE_URL: database.url,
    DATABASE_URL_DIRECT: database.directUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
  };
  return { dataDir, env: { ...env, ...urls }, release: database.release };
}

/**
 * What a console process needs besides the data.
 * @param {Place} place
 */
export function consoleVariables({ host, port, address }) {
  return { HOST: host, PORT: String(port), AUTH_URL: address, AUTH_TRUST_HOST: "true" };
}
