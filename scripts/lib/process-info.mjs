import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * @typedef {object} ProcessInfo
 * @property {string} start   When it started, in a form only good for comparing; unique across reboots on Linux.
 * @property {string} command Name of the program, without its folder.
 */

const bootId = once(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8));

/**
 * What runs under a process id. A zombie counts as gone: some init processes reap only after seconds.
 * @param {number} pid
 * @returns {ProcessInfo | undefined}
 */
export function inspectProcess(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (process.platform === "linux") return inspectLinux(pid);
  return process.platform === "win32" ? inspectBySignal(pid) : inspectByPs(pid);
}

/** @returns {{ pid: number, start: string }} */
export const thisProcess = once(() => ({
  pid: process.pid,
  start: inspectProcess(process.pid)?.start ?? "0",
}));

/**
 * Whether the very process that wrote `{ pid, start }` still runs.
 * @param {{ pid: number, start: string }} who
 */
export function isRunning(who) {
  return inspectProcess(who.pid)?.start === who.start;
}

/**
 * Whether any process of a group still runs.
 * @param {number} groupId
 */
export function isGroupRunning(groupId) {
  try {
    process.kill(-groupId, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  return readdirSync("/proc").some((name) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    return stat !== undefined && stat.group === groupId && !isDead(stat.state);
  });
}

/** @param {number} pid */
function inspectLinux(pid) {
  const stat = readStat(pid);
  if (!stat || isDead(stat.state)) return undefined;
  return { start: `${stat.ticks}.${bootId()}`, command: stat.command };
}

/** @param {number} pid */
function readStat(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  return {
    command: text.slice(text.indexOf("(") + 1, close),
    state: fields[0] ?? "X",
    group: Number(fields[2]),
    ticks: fields[19] ?? "0",
  };
}

/** @param {string} state */
function isDead(state) {
  return state === "Z" || state === "X";
}

/** @param {number} pid */
function inspectByPs(pid) {
  const { stdout } = spawnSync("ps", ["-o", "state=,lstart=,comm=", "-p", String(pid)], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, LC_ALL: "C" },
  });
  const found = /^(\S+)\s+(\S+ +\S+ +\d+ +[\d:]+ +\d+)\s+(.*)$/.exec((stdout ?? "").trim());
  if (!found || isDead(found[1][0])) return undefined;
  return { start: found[2].replace(/\W+/g, ""), command: found[3].split("/").pop() ?? "" };
}

/** @param {number} pid */
function inspectBySignal(pid) {
  try {
    process.kill(pid, 0);
    return { start: "0", command: "" };
  } catch {
    return undefined;
  }
}

/**
 * @template T
 * @param {() => T} make
 * @returns {() => T}
 */
function once(make) {
  /** @type {{ value: T } | undefined} */
  let made;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
