import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, thisProcess } from "./process-info.mjs";

const POLL_MS = 40;
/** How old a lock without readable content must be before it counts as left behind by a crash. */
const UNREADABLE_MS = 5_000;

/** @type {Map<string, string>} path → nonce of the locks this process holds */
const held = new Map();
process.once("exit", () => {
  for (const [path, nonce] of held) removeOwn(path, nonce);
});

/**
 * Runs `work` while holding a lock that all processes on this machine respect. A lock whose holder has died,
 * or whose process id now belongs to another program, is taken over. Not re-entrant.
 * @template T
 * @param {string} path File that stands for the lock; its folder is made if missing.
 * @param {() => Promise<T> | T} work
 * @param {{ onWait?: () => void, signal?: AbortSignal }} [options]
 *   `onWait` is called once, when the wait lasts longer than a second; `signal` ends the wait, not the work.
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait, signal } = {}) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const nonce = randomUUID();
  const since = Date.now();
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    if (take(path, nonce)) break;
    breakStale(path);
    if (!told && Date.now() - since > 1_000) {
      told = true;
      onWait?.();
    }
    await sleep(POLL_MS);
  }
  held.set(path, nonce);
  try {
    return await work();
  } finally {
    held.delete(path);
    removeOwn(path, nonce);
  }
}

/** @param {string} path @param {string} nonce */
function take(path, nonce) {
  try {
    writeFileSync(path, JSON.stringify({ ...thisProcess(), nonce }), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Two processes may find the same dead holder: the guard folder lets one of them remove its lock, once. */
/** @param {string} path */
function breakStale(path) {
  if (!isStale(path)) return;
  const guard = `${path}.break`;
  try {
    mkdirSync(guard);
  } catch {
    if (ageOf(guard) > UNREADABLE_MS) removeQuietly(() => rmdirSync(guard));
    return;
  }
  try {
    if (isStale(path)) removeQuietly(() => unlinkSync(path));
  } finally {
    removeQuietly(() => rmdirSync(guard));
  }
}

/** @param {string} path */
function isStale(path) {
  const holder = read(path);
  return holder ? !isRunning(holder) : ageOf(path) > UNREADABLE_MS;
}

/** @param {string} path @param {string} nonce */
function removeOwn(path, nonce) {
  if (read(path)?.nonce === nonce) removeQuietly(() => unlinkSync(path));
}

/** @param {string} path @returns {{ pid: number, start: string, nonce: string } | undefined} */
function read(path) {
  try {
    const value = JSON.parse(readFileSync(path, "utf8"));
    return Number.isInteger(value?.pid) && typeof value.start === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} path @returns {number} milliseconds; 0 when there is nothing */
function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {() => void} remove */
function removeQuietly(remove) {
  try {
    remove();
  } catch {}
}

/** @param {unknown} error */
function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}
