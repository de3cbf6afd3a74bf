#!/usr/bin/env node

const { pathToFileURL } = require("node:url");
const { build, isStale, TARGET } = require("./build.js");

async function start() {
  if (isStale()) build();
  const { main } = await import(pathToFileURL(TARGET).href);
  process.exitCode = await main(process.argv.slice(2));
  // stdin of a client that stays, or a connection that will not close, must not keep a finished agent
  const finish = () => process.exit();
  if (process.stdout.writableLength === 0) return finish();
  process.stdout.once("drain", finish);
  setTimeout(finish, 1000);
}

start().catch((error) => {
  process.stderr.write(`assentry-agent: ${error instanceof Error ? error.message : "failed"}\n`);
  process.exit(1);
});
