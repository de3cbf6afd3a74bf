import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout: the folder that holds package.json. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where what belongs to this checkout (not to a data directory) keeps its locks. */
export const checkoutLocks = join(repository, ".assentry", "locks");

/**
 * Makes a folder whose contents only its owner can see, or narrows one that others could read.
 * @param {string} folder
 */
export function ensurePrivate(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(folder);
  if (process.platform === "win32" || (mode & 0o066) === 0) return;
  if (process.getuid?.() !== uid && process.getuid?.() !== 0) {
    throw new Error(`${folder} is open to others and belongs to somebody else; set ASSENTRY_DATA_DIR.`);
  }
  chmodSync(folder, 0o700);
}
