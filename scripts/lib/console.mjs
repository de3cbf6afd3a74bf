import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBuilt } from "./build.mjs";
import { followUs } from "./children.mjs";
import { choosePlace, consoleVariables, openData } from "./environment.mjs";
import { repository } from "./paths.mjs";

/** @typedef {import("./processes.mjs").Supervisor} Supervisor */

const HEALTHY_MS = 90_000;

/**
 * A console that is ready to be started: built, its database running and migrated, its owner made.
 * @typedef {object} PreparedConsole
 * @property {import("./environment.mjs").Place} place
 * @property {string} dataDir
 * @property {NodeJS.ProcessEnv} env  For administration, seeding and the like; knows DATABASE_OWNER_URL.
 * @property {"start" | "dev"} mode
 */

/**
 * Builds what changed, starts or adopts the database, migrates it and makes the first owner.
 * @param {Supervisor} supervisor
 * @param {{
 *   mode?: "start" | "dev",
 *   whenBusy?: "fail" | "next",
 *   log?: (line: string) => void,
 *   variables?: Record<string, string>,
 * }} [options] `variables` are added to the environment of everything that is run.
 * @returns {Promise<PreparedConsole>}
 */
export async function prepareConsole(supervisor, options = {}) {
  const { mode = "start", whenBusy = "fail", log = console.log, variables = {} } = options;
  const place = await choosePlace({ whenBusy, log });
  if (mode === "start") await ensureBuilt(supervisor, { log });
  const { dataDir, env: data } = await supervisor.hold(
    openData({ log, signal: supervisor.ending }),
    (opened) => opened.release(),
  );
  const NODE_ENV = mode === "start" ? "production" : "development";
  const env = { ...data, ...consoleVariables(place), ...variables, NODE_ENV };
  const { code } = await supervisor.run(
    "prepare",
    process.execPath,
    ["--import", "tsx", "scripts/prepare.ts"],
    {
      cwd: repository,
      output: "inherit",
      env,
    },
  );
  if (code !== 0) throw new Error("The database could not be prepared.");
  return { place, dataDir, env, mode };
}

/**
 * Starts the console and waits until it is healthy. It gets no right to change the schema.
 * @param {Supervisor} supervisor @param {PreparedConsole} prepared
 * @returns {Promise<import("./children.mjs").Running>}
 */
export async function startConsole(supervisor, { place, env, mode }) {
  const { DATABASE_OWNER_URL: _, ...consoleEnv } = env;
  const next = ["node_modules/next/dist/bin/next", mode, "-H", place.host, "-p", String(place.port)];
  const running = supervisor.start("console", process.execPath, [...followUs(), ...next], {
    cwd: repository,
    env: consoleEnv,
  });
  let ended = false;
  running.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + HEALTHY_MS;
  let answer = "nothing";
  while (!ended && Date.now() < deadline) {
    answer = await askHealth(place);
    if (answer === "200") return running;
    await sleep(100);
    supervisor.ending.throwIfAborted();
  }
  throw new Error(ended ? "The console ended while it started." : `The console is not healthy: ${answer}.`);
}

/**
 * Waits for the end: somebody's signal, or the console's own.
 * @param {Supervisor} supervisor @param {import("./children.mjs").Running} running
 * @returns {Promise<number>} exit code
 */
export async function serve(supervisor, running) {
  supervisor.serving = true;
  const { code } = await running.ended;
  supervisor.ending.throwIfAborted();
  console.error(`The console ended by itself (code ${code}).`);
  return code || 1;
}

/**
 * @param {import("./environment.mjs").Place} place
 * @returns {Promise<string>} the HTTP status, or why there is none
 */
function askHealth({ host, port }) {
  const target = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return new Promise((resolve) => {
    const asked = request({ host: target, port, path: "/api/v1/health", timeout: 30_000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer")));
    asked.once("error", (error) => resolve(error.message));
    asked.end();
  });
}
