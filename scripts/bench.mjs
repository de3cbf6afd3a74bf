import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureAgentBuilt } from "./lib/build.mjs";
import { prepareConsole, startConsole } from "./lib/console.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { repository } from "./lib/paths.mjs";
import { freePort } from "./lib/ports.mjs";

/**
 * The benchmarks, each beside the direct path and the peers in one run, on a console and a database of their own.
 * @param {import("./lib/processes.mjs").Supervisor} supervisor @param {string[]} args which parts; all when empty
 */
export async function main(supervisor, args) {
  await ensureInstalled(supervisor, join(repository, "test/bench"));
  await ensureAgentBuilt(supervisor);
  const dataDir = mkdtempSync(join(tmpdir(), "assentry-bench-"));
  await supervisor.hold(Promise.resolve(dataDir), async (folder) =>
    rmSync(folder, { recursive: true, force: true }),
  );
  for (const name of ["DATABASE_URL", "DATABASE_URL_DIRECT", "DATABASE_OWNER_URL", "AUTH_URL", "HOST"]) {
    delete process.env[name];
  }
  process.env.ASSENTRY_DATA_DIR = dataDir;
  process.env.PORT = String(await freePort("127.0.0.1"));
  const variables = {
    ASSENTRY_OWNER_EMAIL: "owner@example.test",
    ASSENTRY_OWNER_PASSWORD: randomBytes(12).toString("base64url"),
  };
  const prepared = await prepareConsole(supervisor, { variables });
  const running = await startConsole(supervisor, prepared);
  const command = ["--import", "tsx", "test/bench/main.ts", ...args];
  const { code } = await supervisor.run("bench", process.execPath, command, {
    cwd: repository,
    output: "plain",
    env: { ...prepared.env, ASSENTRY_BENCH_PID: String(running.pid) },
  });
  return code;
}
