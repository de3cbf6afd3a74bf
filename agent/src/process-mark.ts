import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { sha256Hex } from "./crypto";

/** Names a process so that neither a reused pid nor another machine's equal pid is taken for it: place-pid-start. */
const MARK = /^([0-9a-f]{12})-(\d{1,10})-(\d{1,20})$/;

const attempt = (read: () => string): string => {
  try {
    return read();
  } catch {
    return "";
  }
};

/** Equal for processes that see each other's pids: one boot, one pid namespace. */
const place = sha256Hex(
  [
    hostname(),
    attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
    attempt(() => readlinkSync("/proc/self/ns/pid")),
  ].join("\n"),
).slice(0, 12);

/** Clock ticks from boot to the process's start on Linux; "0" where that cannot be read. */
function startOf(pid: number): string {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // the command's name stands in parentheses and may itself hold spaces and parentheses
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
}

let own: string | undefined;
export function ownMark(): string {
  own ??= `${place}-${process.pid}-${startOf(process.pid)}`;
  return own;
}

export const isMark = (text: string): boolean => MARK.test(text);

/** Whether the mark was made where its process can be looked for. */
export const isLocalMark = (mark: string): boolean => MARK.exec(mark)?.[1] === place;

/** Whether the marked process still runs. Another place's process counts as alive: ask `isLocalMark` first. */
export function livesOn(mark: string): boolean {
  const match = MARK.exec(mark);
  if (!match) return false;
  if (match[1] !== place) return true;
  const pid = Number(match[2]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return match[3] === "0" || startOf(pid) === match[3];
}
