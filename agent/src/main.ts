import { COMMANDS } from "./commands";
import { logLevel, UsageError } from "./config";
import { EnrolmentError } from "./enrol";
import { errorText, log, setLogLevel } from "./log";
import { StateDirError } from "./state-dir";
import { AGENT_VERSION } from "./version";

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    `assentry-agent ${AGENT_VERSION}: stands in front of an MCP server and holds high-risk calls until a person decides`,
    "",
    ...commands,
    "",
    ...Object.values(COMMANDS).map(({ usage }) => usage),
    "",
    "Environment instead of flags: ASSENTRY_CONSOLE_URL, ASSENTRY_ENROLL_TOKEN, ASSENTRY_ENROLL_FILE,",
    "ASSENTRY_SERVER, ASSENTRY_MODE, ASSENTRY_STATE_DIR. Also ASSENTRY_PATIENCE_SECONDS,",
    "ASSENTRY_SPOOL_MAX_BYTES, ASSENTRY_LOG_LEVEL (debug, info, warn, error) and, for serve --upstream,",
    "ASSENTRY_UPSTREAM_AUTHORIZATION. Logs are JSON lines on stderr.",
    "",
  ].join("\n");
}

/** Runs one command line. Resolves to the exit code: 2 for a mistake in it. */
export async function main(argv: readonly string[]): Promise<number> {
  setLogLevel(logLevel());
  const [name = "", ...rest] = argv;
  const ours = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  const asksForHelp =
    ["help", "--help", "-h"].includes(name) || ours.includes("--help") || ours.includes("-h");
  if (asksForHelp) {
    process.stdout.write(overview());
    return 0;
  }
  if (name === "--version" || name === "version") {
    process.stdout.write(`${AGENT_VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (!command) throw new UsageError(name === "" ? "no command given" : "there is no such command");
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError || error instanceof EnrolmentError || error instanceof StateDirError) {
      process.stderr.write(`assentry-agent: ${error.message}\n`);
      if (error instanceof UsageError) process.stderr.write(`${command?.usage ?? overview()}\n`);
      return 2;
    }
    log.error("the agent failed", { error: errorText(error) });
    return 1;
  }
}
