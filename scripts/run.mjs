// The entry of every npm script: node scripts/run.mjs COMMAND ARG…
// Only Node's own modules may be imported before the packages are installed.

const commands = {
  demo: "./demo/main.mjs",
  start: "./start.mjs",
  dev: "./dev.mjs",
  test: "./test.mjs",
  "test-long": "./test-long.mjs",
  bench: "./bench.mjs",
  cli: "./cli.mjs",
};

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Assentry needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}
const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name)) {
  console.error(`Usage: node scripts/run.mjs ${Object.keys(commands).join("|")} [ARG…]`);
  process.exit(2);
}

const { repository } = await import("./lib/paths.mjs");
const { runSupervised } = await import("./lib/processes.mjs");
const { ensureInstalled } = await import("./lib/install.mjs");
process.chdir(repository);

await runSupervised(async (supervisor) => {
  await ensureInstalled(supervisor, repository, { log: name === "cli" ? console.error : console.log });
  const command = await import(commands[name]);
  return command.main(supervisor, args);
});
