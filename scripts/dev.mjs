import { prepareConsole, serve, startConsole } from "./lib/console.mjs";

/**
 * The console with reloading, for working on it.
 * @param {import("./lib/processes.mjs").Supervisor} supervisor
 */
export async function main(supervisor) {
  const prepared = await prepareConsole(supervisor, { mode: "dev" });
  const running = await startConsole(supervisor, prepared);
  console.log(`\nAssentry is ready for development: ${prepared.place.address}\n`);
  return serve(supervisor, running);
}
