import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isGroupRunning } from "./process-info.mjs";

const GRACE_MS = 5_000;
/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 700;
const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
const followParent = new URL("follow-parent.mjs", import.meta.url).href;

/** Thrown where work is begun while everything is being ended. */
export class Stopping extends Error {
  constructor() {
    super("Stopping");
  }
}

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
 * Owns everything that one command starts, so that nothing is left when it ends: children in process groups of
 * their own, then what was held (last held, first let go).
 */
export class Supervisor {
  /** Set once the command serves: from then on a signal is how it normally ends. */
  serving = false;
  /** @type {number | undefined} signal number that ended us */
  signal;
  #ending = new AbortController();
  #impatient = new AbortController();
  /** @type {Set<Running>} */
  #children = new Set();
  /** @type {(() => Promise<void>)[]} */
  #held = [];
  /** @type {Promise<void> | undefined} */
  #stopped;

  /** Aborted as soon as the end begins; its reason is a `Stopping`. */
  get ending() {
    return this.#ending.signal;
  }

  /**
   * Waits for something that must be let go at the end, even when the end comes before it is there.
   * @template T
   * @param {Promise<T>} coming @param {(value: T) => Promise<void>} release
   * @returns {Promise<T>}
   */
  async hold(coming, release) {
    this.#held.push(() => coming.then(release, () => {}));
    const value = await coming;
    this.#check();
    return value;
  }

  /**
   * Starts a program that lives until it ends or we do.
   * @param {string} name @param {string} command @param {string[]} args @param {SpawnOptions} [options]
   * @returns {Running}
   */
  start(name, command, args, options = {}) {
    this.#check();
    const running = launch(name, command, args, options, this.#impatient.signal);
    this.#children.add(running);
    running.ended.then(() => running.stop()).finally(() => this.#children.delete(running));
    return running;
  }

  /**
   * Runs a program to its end.
   * @param {string} name @param {string} command @param {string[]} args @param {SpawnOptions} [options]
   * @returns {Promise<Result>}
   */
  async run(name, command, args, options) {
    const result = await this.start(name, command, args, options).ended;
    this.#check();
    return result;
  }

  /** Ends everything; can be called often. */
  stop() {
    this.#ending.abort(new Stopping());
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Ends everything without giving anybody time. */
  stopNow() {
    this.#impatient.abort();
    return this.stop();
  }

  async #stopAll() {
    await Promise.all([...this.#children].map((child) => child.stop()));
    for (const release of this.#held.reverse()) {
      await release().catch((error) => console.error(`Error while ending: ${messageOf(error)}`));
    }
  }

  #check() {
    this.ending.throwIfAborted();
  }
}

/**
 * Runs a command with a supervisor and ends the process with its exit code once all it started has ended.
 * @param {(supervisor: Supervisor) => Promise<number | void>} command returns the exit code, 0 by default
 */
export async function runSupervised(command) {
  const supervisor = new Supervisor();
  let last = 0;
  for (const name of SIGNALS) {
    process.on(name, () => {
      const now = Date.now();
      if (supervisor.signal === undefined) {
        supervisor.signal = constants.signals[name];
        void supervisor.stop();
      } else if (now - last > SAME_SIGNAL_MS) void supervisor.stopNow();
      last = now;
    });
  }
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

  let code = 0;
  try {
    code = (await Promise.race([command(supervisor), ended(supervisor.ending)])) ?? 0;
  } catch (error) {
    if (!(error instanceof Stopping)) console.error(messageOf(error));
    code = 1;
  }
  await supervisor.stop();
  if (supervisor.signal !== undefined) code = supervisor.serving ? 0 : 128 + supervisor.signal;
  process.exit(code);
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function ended(signal) {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/**
 * Arguments for Node that make a child end by itself when we are killed.
 * @returns {string[]}
 */
export function followUs() {
  return ["--import", followParent];
}

/**
 * @param {string} name @param {string} command @param {string[]} args @param {SpawnOptions} options
 * @param {AbortSignal} impatient
 * @returns {Running}
 */
function launch(name, command, args, { env = process.env, cwd, output = "prefix" }, impatient) {
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
    stopped ??= pid === 0 ? Promise.resolve() : shared ? endOne(child) : endGroup(pid, impatient);
    return stopped;
  };
  return { pid, ended, stop };
}

/** A child on our terminal got the same Ctrl-C and may still be asking something. */
/** @param {import("node:child_process").ChildProcess} child */
async function endOne(child) {
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const deadline = Date.now() + GRACE_MS;
  if (!gone()) child.kill("SIGTERM");
  while (!gone() && Date.now() < deadline) await sleep(20);
  if (!gone()) child.kill("SIGKILL");
}

/** @param {number} groupId @param {AbortSignal} impatient */
async function endGroup(groupId, impatient) {
  const deadline = Date.now() + GRACE_MS;
  signalGroup(groupId, "SIGTERM");
  while (isGroupRunning(groupId) && Date.now() < deadline && !impatient.aborted) await sleep(20);
  signalGroup(groupId, "SIGKILL");
}

/** @param {number} groupId @param {NodeJS.Signals} signal */
function signalGroup(groupId, signal) {
  try {
    process.kill(-groupId, signal);
  } catch {}
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
