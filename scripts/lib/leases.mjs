import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRunning, thisProcess } from "./process-info.mjs";

/** @type {Map<string, number>} lease file → how often this process has taken it */
const taken = new Map();

/**
 * Says that this process uses what lives in `dataDir`. Counted: as many drops as takes end it.
 * Call it, and everything else here, only while holding the lock of what is leased.
 * @param {string} dataDir
 */
export function takeLease(dataDir) {
  const file = ownFile(dataDir);
  mkdirSync(join(dataDir, "leases"), { recursive: true, mode: 0o700 });
  const since = new Date().toISOString();
  writeFileSync(file, `${JSON.stringify({ ...thisProcess(), since })}\n`, { mode: 0o600 });
  taken.set(file, (taken.get(file) ?? 0) + 1);
}

/** @param {string} dataDir */
export function dropLease(dataDir) {
  const file = ownFile(dataDir);
  const left = (taken.get(file) ?? 1) - 1;
  if (left > 0) {
    taken.set(file, left);
    return;
  }
  taken.delete(file);
  rmSync(file, { force: true });
}

/**
 * Process ids that hold a lease and still run. Those of dead processes are removed on the way.
 * @param {string} dataDir
 * @returns {number[]}
 */
export function liveLeases(dataDir) {
  const folder = join(dataDir, "leases");
  return list(folder).flatMap((name) => {
    const found = /^(\d+)-(.+)\.json$/.exec(name);
    if (!found) return [];
    const who = { pid: Number(found[1]), start: found[2] };
    if (isRunning(who)) return [who.pid];
    rmSync(join(folder, name), { force: true });
    return [];
  });
}

/** @param {string} dataDir */
function ownFile(dataDir) {
  const { pid, start } = thisProcess();
  return join(dataDir, "leases", `${pid}-${start}.json`);
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
