// A launcher cut down to its database: node hold-database.mjs DATA_DIR. Says where the database is in one line of
// JSON, holds it until it is told to end (SIGTERM), and ends only when it has let go.

import { pathToFileURL } from "node:url";
import { followUs } from "../../scripts/lib/children.mjs";

const [dataDir, launcher = "../../scripts/lib/"] = process.argv.slice(2);
const base = launcher.startsWith("/") ? pathToFileURL(launcher) : new URL(launcher, import.meta.url);
const { acquireDatabase } = await import(new URL("postgres.mjs", base).href);
const { runSupervised } = await import(new URL("processes.mjs", base).href);

await runSupervised(async (supervisor) => {
  supervisor.serving = true;
  const database = await supervisor.hold(acquireDatabase({ dataDir }), (held) => held.release());
  const { url, ownerUrl, port } = database;
  console.log(JSON.stringify({ url, ownerUrl, port }));
  await supervisor.run("wait", process.execPath, [...followUs(), "-e", "setInterval(() => {}, 1e6)"]);
});
