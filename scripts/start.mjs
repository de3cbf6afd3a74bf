import { prepareConsole, serve, startConsole } from "./lib/console.mjs";

/**
 * The console for real use: built, on its database, until it is told to end.
 * @param {import("./lib/processes.mjs").Supervisor} supervisor
 */
export async function main(supervisor) {
  const prepared = await prepareConsole(supervisor);
  const running = await startConsole(supervisor, prepared);
  console.log(`\nAssentry is ready: ${prepared.place.address}\n`);
  return serve(supervisor, running);
}
