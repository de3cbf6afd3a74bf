import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isLocalMark, isMark, livesOn, ownMark } from "./process-mark";

/** An owner elsewhere (another container on the same folder) shows life by touching its file; silence this long is death. */
export const FOREIGN_SILENCE_MS = 10 * 60_000;
const PREFIX = "owner-";

/**
 * Who may write an instance's folder: the process that the one file `owner-<mark>` in it names. Taking over is one
 * rename of that file, so that of several heirs exactly one succeeds.
 */
export function createOwned(root: string, instance: string): string {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const fresh = join(root, `.new-${instance}`);
  const path = join(root, instance);
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(join(fresh, PREFIX + ownMark()), "", { mode: 0o600, flag: "wx" });
  renameSync(fresh, path);
  return path;
}

function ownerOf(path: string): string | null {
  const name = readdirSync(path).find((file) => file.startsWith(PREFIX) && isMark(file.slice(PREFIX.length)));
  return name?.slice(PREFIX.length) ?? null;
}

function isDead(path: string, mark: string, now: number): boolean {
  if (isLocalMark(mark)) return !livesOn(mark);
  return now - statSync(join(path, PREFIX + mark)).mtimeMs > FOREIGN_SILENCE_MS;
}

/** Takes over the folder of a dead process. False when its owner lives or another heir was first. */
export function inherit(path: string, now = Date.now()): boolean {
  try {
    const mark = ownerOf(path);
    if (mark === null || mark === ownMark() || !isDead(path, mark, now)) return false;
    renameSync(join(path, PREFIX + mark), join(path, PREFIX + ownMark()));
    return true;
  } catch {
    return false;
  }
}

/** Shows processes elsewhere that this one lives. */
export function touch(path: string, now = new Date()): void {
  try {
    utimesSync(join(path, PREFIX + ownMark()), now, now);
  } catch {
    // the folder is gone: nothing to show
  }
}

export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Moves a folder out of the spool, into `spool-lost` beside it. */
export function setAside(path: string, instance: string): void {
  const lost = join(dirname(dirname(path)), "spool-lost");
  mkdirSync(lost, { recursive: true, mode: 0o700 });
  renameSync(path, join(lost, instance));
}

/** Names of instances' folders under the spool; none when there is no spool yet. */
export function instancesIn(root: string): string[] {
  try {
    return readdirSync(root).filter((name) => /^ins_[0-9a-z]{8,40}$/.test(name));
  } catch {
    return [];
  }
}
