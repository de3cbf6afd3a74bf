import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureAgentBuilt } from "../lib/build.mjs";
import { followUs } from "../lib/children.mjs";
import { prepareConsole, serve, startConsole } from "../lib/console.mjs";
import { ensureInstalled } from "../lib/install.mjs";
import { ensurePrivate, repository } from "../lib/paths.mjs";
import { freePort } from "../lib/ports.mjs";

/** @typedef {import("../lib/processes.mjs").Supervisor} Supervisor */

/**
 * A believable organization: console, agents in front of real MCP servers, and a real MCP client whose high-risk calls
 * wait in the inbox. Only people and metadata are seeded; every call in it was really made.
 * @param {Supervisor} supervisor
 */
export async function main(supervisor) {
  await ensureInstalled(supervisor, join(repository, "scripts/demo"));
  await ensureAgentBuilt(supervisor);
  const variables = {
    ASSENTRY_DEMO: "1",
    ASSENTRY_OWNER_EMAIL: "ines@example.test",
    ASSENTRY_OWNER_NAME: "Ines Okafor",
  };
  const password = demoPassword();
  const prepared = await prepareConsole(supervisor, {
    whenBusy: "next",
    variables: { ...variables, ASSENTRY_OWNER_PASSWORD: password },
  });
  const demoDir = join(prepared.dataDir, "demo");
  ensurePrivate(demoDir);
  const seeded = await supervisor.run("seed", process.execPath, ["--import", "tsx", "scripts/demo/seed.ts"], {
    cwd: repository,
    output: "hide",
    env: { ...prepared.env, ASSENTRY_DEMO_DIR: demoDir, ASSENTRY_DEMO_PASSWORD: password },
  });
  if (seeded.code !== 0) throw new Error(`The demo could not be seeded:\n${seeded.output.trim()}`);
  const running = await startConsole(supervisor, prepared);
  const forAgents = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ASSENTRY_CONSOLE_URL: prepared.place.address,
    // The SDK clients below wait as long as they hear of progress, so the agents may keep them waiting.
    ASSENTRY_PATIENCE_SECONDS: "1790",
  };
  const httpPort = await freePort("127.0.0.1");
  startHttpAgent(supervisor, forAgents, demoDir, httpPort);
  supervisor.start("client", process.execPath, [...followUs(), "scripts/demo/client.mjs"], {
    cwd: repository,
    env: { ...forAgents, ASSENTRY_DEMO_DIR: demoDir, ASSENTRY_DEMO_HTTP: `http://127.0.0.1:${httpPort}/mcp` },
  });
  console.log(`
  Assentry is ready: ${prepared.place.address}

  Sign in as      ines@example.test   (owner)
             or   amara@example.test  (approver), theo@example.test (auditor), lukas@example.test (member)
  Password        ${password}

  A real MCP client makes calls now; what it may not do alone waits under Requests. Ctrl-C ends everything.
`);
  return serve(supervisor, running);
}

/**
 * The one server that is reached over HTTP: its agent is a service of its own.
 * @param {Supervisor} supervisor @param {NodeJS.ProcessEnv} env @param {string} demoDir @param {number} port
 */
function startHttpAgent(supervisor, env, demoDir, port) {
  const name = "lab-everything";
  const state = join(demoDir, "agents", name);
  const enrol = existsSync(join(state, "enrolment.json"))
    ? []
    : ["--enroll-file", join(demoDir, `${name}.token`)];
  const where = ["--server", name, "--state-dir", state, "--listen", `127.0.0.1:${port}`, ...enrol];
  const server = join(repository, "scripts/demo/node_modules/.bin/mcp-server-everything");
  supervisor.start(
    "agent",
    process.execPath,
    [...followUs(), "agent/bin.js", "serve", ...where, "--", process.execPath, server],
    { cwd: repository, env: { ...env, ASSENTRY_LOG_LEVEL: "error" } },
  );
}

/** One password for the demo's people, made once and kept beside the data, so that the second start tells the same. */
function demoPassword() {
  const folder = process.env.ASSENTRY_DATA_DIR || join(repository, ".assentry");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "demo-password");
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(9).toString("base64url")}\n`, { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}
