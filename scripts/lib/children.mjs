import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isGroupRunning } from "./process-info.mjs";

/**
 * @typedef {object} SpawnOptions
 * @property {NodeJS.ProcessEnv} [env]   The whole environment; by default ours.
 * @property {string} [cwd]
 * @property {"inherit" | "plain" | "prefix" | "hide"} [output]
 *   `inherit` shares our terminal, input too (and gets its Ctrl-C); `plain` only writes to it; `prefix` (the
 *   default) puts `[name]` before each line; `hide` keeps the output for the result.
 *
 * @typedef {{ code: number, output: string }} Result  `code` is 128 + n after a signal.
 *
 * @typedef {object} Running
 * @property {number} pid
 * @property {Promise<Result>} ended
 * @property {() => Promise<void>} stop
 */

/**
 * Arguments for Node that make a child end by itself when we are killed.
 * @returns {string[]}
 */
export function followUs() {
  const preload = new URL("follow-parent.mjs", import.meta.url);
  preload.searchParams.set("launcher", String(process.pid));
  return ["--import", preload.href];
}

/**
 * @param {string} name @param {string} command @param {string[]} args @param {SpawnOptions} options
 * @param {Patience} patience
 * @returns {Running}
 */
export function launch(name, command, args, { env = process.env, cwd, output = "prefix" }, patience) {
  const shared = output === "inherit";
  const child = spawn(command, args, {
    env,
    cwd,
    detached: !shared,
    stdio: shared
      ? "inherit"
      : output === "plain"
        ? ["ignore", "inherit", "inherit"]
        : ["ignore", "pipe", "pipe"],
  });
  let kept = "";
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    if (output === "hide") stream.on("data", (chunk) => (kept += chunk));
    else createInterface({ input: stream }).on("line", (line) => console.log(`[${name}] ${line}`));
  }
  const pid = child.pid ?? 0;
  /** @type {Promise<Result>} */
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 127, output: error.message }));
    child.once("exit", (code, signal) => {
      const result = () =>
        resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGTERM"], output: kept });
      // Output may still be under way, but a grandchild that keeps the pipe open must not hold us up.
      child.once("close", result);
      setTimeout(result, 500).unref();
    });
  });
  /** @type {Promise<void> | undefined} */
  let stopped;
  const stop = () => {
    stopped ??= pid === 0 ? Promise.resolve() : shared ? endOne(child, patience) : endGroup(pid, patience);
    return stopped;
  };
  return { pid, ended, stop };
}

/** @typedef {{ graceMs: number, impatient: AbortSignal }} Patience */

/** @param {import("node:child_process").ChildProcess} child @param {Patience} patience */
async function endOne(child, patience) {
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  if (!gone()) child.kill("SIGTERM");
  await until(gone, patience);
  if (!gone()) child.kill("SIGKILL");
}

/** @param {number} groupId @param {Patience} patience */
async function endGroup(groupId, patience) {
  signalGroup(groupId, "SIGTERM");
  await until(() => !isGroupRunning(groupId), patience);
  signalGroup(groupId, "SIGKILL");
}

/** @param {() => boolean} done @param {Patience} patience */
async function until(done, { graceMs, impatient }) {
  const deadline = Date.now() + graceMs;
  while (!done() && Date.now() < deadline && !impatient.aborted) await sleep(20);
}

/** @param {number} groupId @param {NodeJS.Signals} signal */
function signalGroup(groupId, signal) {
  try {
    process.kill(-groupId, signal);
  } catch {}
}
