import { constants } from "node:os";
import { launch } from "./children.mjs";
import { whenParentGone } from "./parent.mjs";

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 700;
const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/** Thrown where work is begun while everything is being ended. */
export class Stopping extends Error {
  constructor() {
    super("Stopping");
  }
}

/** @typedef {import("./children.mjs").SpawnOptions} SpawnOptions */
/** @typedef {import("./children.mjs").Result} Result */
/** @typedef {import("./children.mjs").Running} Running */

/**
 * Owns everything that one command starts, so that nothing is left when it ends: children in process groups of
 * their own, then what was held (last held, first let go).
 */
export class Supervisor {
  /** Set once the command serves: from then on a signal is how it normally ends. */
  serving = false;
  /** @type {number | undefined} signal number that ended us */
  signal;
  #graceMs;
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

  /** @param {number} graceMs how long a child may take to end when asked */
  constructor(graceMs) {
    this.#graceMs = graceMs;
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
    const running = launch(name, command, args, options, {
      graceMs: this.#graceMs,
      impatient: this.#impatient.signal,
    });
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
 * @param {{ graceMs?: number }} [options] how long a child may take to end when asked
 */
export async function runSupervised(command, { graceMs = 5_000 } = {}) {
  const supervisor = new Supervisor(graceMs);
  let first = 0;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (supervisor.signal === undefined) {
        first = Date.now();
        supervisor.signal = constants.signals[name];
        void supervisor.stop();
      } else if (Date.now() - first > SAME_SIGNAL_MS) void supervisor.stopNow();
    });
  }
  // A SIGTERM to npm ends npm and its shell, but is not passed on to us.
  if (process.env.npm_lifecycle_event) whenParentGone(() => process.kill(process.pid, "SIGTERM"));
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

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
