import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./ports.mjs";
import { findBinaries } from "./postgres-binaries.mjs";
import { createData, writePrivate } from "./postgres-data.mjs";
import { connectAsOwner } from "./postgres-roles.mjs";
import { chooseRunner, commandFor } from "./postgres-user.mjs";
import { inspectProcess } from "./process-info.mjs";

/** @typedef {import("./postgres-roles.mjs").Passwords} Passwords */
/** @typedef {(line: string) => void} Log */

/** How long a server may take to answer: after a crash it first replays its log. */
const ANSWER_MS = 120_000;
const LOG_LIMIT = 10 * 1024 * 1024;

/** Sized for a small machine that also runs the console, its agents and the tests. */
const defaults = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "64MB",
  max_wal_size: "512MB",
  max_parallel_workers_per_gather: "0",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] ",
};

/**
 * The port of the server that already runs on this data, if it answers to our password. Waits while it is
 * still starting or stopping; what a dead server left behind is removed.
 * @param {string} serverDir @param {Passwords} passwords @param {{ log: Log, signal?: AbortSignal }} options
 * @returns {Promise<number | undefined>}
 */
export async function findRunning(serverDir, passwords, { log, signal }) {
  const deadline = Date.now() + ANSWER_MS;
  let told = false;
  for (;;) {
    const server = readServer(serverDir);
    if (!server) return undefined;
    if (server.port && (await answers(server.port, passwords))) return server.port;
    if (!told) log("The database is starting up; waiting for it");
    told = true;
    if (Date.now() > deadline) {
      throw new Error(
        `A Postgres process (${server.pid}) holds ${serverDir} but does not answer. Its log is ${logFile(serverDir)}.`,
      );
    }
    signal?.throwIfAborted();
    await sleep(100);
  }
}

/**
 * Starts the server, on its earlier port when that is free, making the data first if there is none.
 * @param {{ dataDir: string, serverDir: string, passwords: Passwords, settings: Record<string, string>, log: Log }} options
 * @returns {Promise<number>} the port
 */
export async function startServer({ dataDir, serverDir, passwords, settings, log }) {
  const binaries = findBinaries(join(serverDir, "lib"));
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", ...binaries.env };
  const runner = chooseRunner({ dataDir, serverDir, postgres: binaries.postgres, env });
  const context = { serverDir, binaries, env, runner };

  if (!fs.existsSync(join(serverDir, "data"))) {
    log("Creating the database");
    await createData(context, passwords);
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort("127.0.0.1", attempt === 1 ? lastPort(serverDir) : undefined);
    const failure = await launch(context, port, { ...defaults, ...settings });
    if (!failure) {
      writePrivate(join(serverDir, "port"), `${port}\n`, runner.owner);
      return port;
    }
    // Children of a killed server need a moment to go; a port can be lost to another program meanwhile.
    const passing = /still in use|could not bind|could not create any TCP|is already in use/i.test(failure);
    if (!passing || attempt === 5) throw new Error(`The embedded Postgres did not start:\n${failure}`);
    await sleep(500);
  }
}

/**
 * Stops the server, patiently first; returns when its process is gone.
 * @param {string} serverDir
 */
export async function stopServer(serverDir) {
  const server = readServer(serverDir);
  if (!server) return;
  for (const [signal, patience] of /** @type {const} */ ([
    ["SIGINT", 15_000],
    ["SIGQUIT", 6_000],
    ["SIGKILL", 5_000],
  ])) {
    try {
      process.kill(server.pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      if (!isServer(server.pid, serverDir)) return;
      await sleep(20);
    }
  }
  throw new Error(`Postgres (process ${server.pid}) could not be stopped.`);
}

/** @typedef {import("./postgres-data.mjs").Context} Context */

/**
 * @param {Context} context @param {number} port @param {Record<string, string>} settings
 * @returns {Promise<string | undefined>} what went wrong, from the server's log
 */
async function launch({ serverDir, binaries, env, runner }, port, settings) {
  const file = logFile(serverDir);
  if (fs.existsSync(file) && fs.statSync(file).size > LOG_LIMIT) fs.renameSync(file, `${file}.1`);
  const out = fs.openSync(file, "a", 0o600);
  const logStart = fs.fstatSync(out).size;
  const { program, args, identity } = commandFor(runner, binaries.postgres, [
    ...["-D", join(serverDir, "data"), "-p", String(port)],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const child = spawn(program, args, {
    ...identity,
    env,
    cwd: serverDir,
    detached: true,
    stdio: ["ignore", out, out],
  });
  fs.closeSync(out);
  let ended = "";
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended = `it ended with ${signal ?? `code ${code}`}`));
  child.unref();

  const deadline = Date.now() + ANSWER_MS;
  while (!ended && Date.now() < deadline) {
    if (readPidFile(serverDir)?.ready) return undefined;
    await sleep(15);
  }
  if (!ended) {
    child.kill("SIGQUIT");
    ended = "it did not answer in time";
  }
  const text = fs.readFileSync(file, "utf8").slice(logStart).trim();
  return `${text.slice(-2_000)}\n(${ended}; the whole log is ${file})`;
}

/** The server that runs on this data; what a dead one left is removed. */
/** @param {string} serverDir */
function readServer(serverDir) {
  const file = readPidFile(serverDir);
  if (!file) return undefined;
  if (isServer(file.pid, serverDir)) return file;
  fs.rmSync(join(serverDir, "data", "postmaster.pid"), { force: true });
  return undefined;
}

/** @param {string} serverDir */
function readPidFile(serverDir) {
  let lines;
  try {
    lines = fs.readFileSync(join(serverDir, "data", "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  return { pid: Number(lines[0]), port: Number(lines[3]) || undefined, ready: lines[7]?.trim() === "ready" };
}

/** A process id outlives its process: the same number may be a zombie or somebody else by now. */
/** @param {number} pid @param {string} serverDir */
function isServer(pid, serverDir) {
  const found = inspectProcess(pid);
  if (!found) return false;
  if (process.platform !== "linux") return found.command === "" || found.command.startsWith("postgres");
  if (!found.command.startsWith("postgres")) return false;
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(join(serverDir, "data"));
  } catch {
    return true;
  }
}

/** @param {number} port @param {Passwords} passwords */
async function answers(port, passwords) {
  try {
    const client = await connectAsOwner(port, passwords);
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** @param {string} serverDir */
function lastPort(serverDir) {
  try {
    return Number(fs.readFileSync(join(serverDir, "port"), "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} serverDir */
function logFile(serverDir) {
  return join(serverDir, "server.log");
}
