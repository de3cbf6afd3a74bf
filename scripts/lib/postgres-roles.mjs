import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const database = "assentry";
export const ownerRole = "postgres";
export const appRole = "assentry_app";

/** @typedef {{ owner: string, app: string }} Passwords */

/**
 * The passwords of an embedded server; made before it is, so that none ever listens without.
 * @param {string} serverDir
 * @returns {Passwords}
 */
export function loadPasswords(serverDir) {
  const file = join(serverDir, "passwords.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  if (existsSync(join(serverDir, "data"))) {
    throw new Error(`The database in ${serverDir} has lost its passwords.json; restore it from a backup.`);
  }
  const passwords = { owner: newPassword(), app: newPassword() };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(passwords)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return passwords;
}

/** @param {keyof Passwords} as @param {Passwords} passwords @param {number} port */
export function urlFor(as, passwords, port) {
  const role = as === "owner" ? ownerRole : appRole;
  return `postgresql://${role}:${passwords[as]}@127.0.0.1:${port}/${database}`;
}

/**
 * A connection as superuser that gives up after five seconds.
 * @param {number} port @param {Passwords} passwords
 */
export async function connectAsOwner(port, passwords) {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: ownerRole,
    password: passwords.owner,
    database: "postgres",
    ssl: false,
    connectionTimeoutMillis: 5_000,
    application_name: "assentry launcher",
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/**
 * Makes the app's role and the database where they are missing. Safe to repeat.
 * @param {number} port @param {Passwords} passwords
 */
export async function ensureRoles(port, passwords) {
  const client = await connectAsOwner(port, passwords);
  try {
    const { rows } = await client.query(
      "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role, EXISTS (SELECT FROM pg_database WHERE datname = $2) AS database",
      [appRole, database],
    );
    if (!rows[0].role) {
      const verifier = scramVerifier(passwords.app);
      await client.query(
        `CREATE ROLE ${appRole} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '${verifier}'`,
      );
    }
    if (!rows[0].database) await client.query(`CREATE DATABASE ${database} OWNER ${ownerRole}`);
  } finally {
    await client.end();
  }
}

function newPassword() {
  return randomBytes(32).toString("base64url");
}

/**
 * What Postgres itself would store (RFC 5803), so that no password stands in a statement that could be logged.
 * @param {string} password plain ASCII
 */
function scramVerifier(password) {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
