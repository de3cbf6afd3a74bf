import { openData } from "./lib/environment.mjs";
import { repository } from "./lib/paths.mjs";

/**
 * Administration against the console's database. Standard output belongs to the command alone.
 * @param {import("./lib/processes.mjs").Supervisor} supervisor
 * @param {string[]} args
 */
export async function main(supervisor, args) {
  const opening = openData({ log: console.error, signal: supervisor.ending });
  const { env } = await supervisor.hold(opening, (data) => data.release());
  const command = ["--import", "tsx", "lib/cli/main.ts", ...args];
  const { code } = await supervisor.run("assentry", process.execPath, command, {
    cwd: repository,
    output: "inherit",
    env,
  });
  return code;
}
