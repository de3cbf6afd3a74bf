import { join } from "node:path";
import { ensureAgentBuilt, ensureBuilt } from "./lib/build.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { repository } from "./lib/paths.mjs";

/**
 * The benchmarks, each beside the direct path and the peers in one run.
 * @param {import("./lib/processes.mjs").Supervisor} supervisor @param {string[]} args
 */
export async function main(supervisor, args) {
  await ensureInstalled(supervisor, join(repository, "test/peers"));
  await ensureAgentBuilt(supervisor);
  await ensureBuilt(supervisor);
  const command = ["--import", "tsx", "test/bench/main.ts", ...args];
  const { code } = await supervisor.run("bench", process.execPath, command, {
    cwd: repository,
    output: "plain",
  });
  return code;
}
