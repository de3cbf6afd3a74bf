import { Agent } from "./agent";
import { agentConfig, readFlags, splitCommand, UsageError } from "./config";
import { relayStdio } from "./relay";
import { serveHttp } from "./serve";
import { SERVE_FLAGS, serveConfig } from "./serve-config";

export interface Command {
  /** one line for the overview */
  readonly summary: string;
  readonly usage: string;
  /** Runs until the work is done; resolves to the exit code. Throws UsageError. */
  run(argv: readonly string[]): Promise<number>;
}

const run: Command = {
  summary: "stand in front of an MCP server on stdio",
  usage:
    "assentry-agent run --console URL [--enroll TOKEN | --enroll-file FILE] --server NAME\n  [--mode enforce|observe] [--state-dir DIR] -- COMMAND ARG…",
  async run(argv) {
    const { flags, command } = splitCommand(argv);
    if (!command?.length) throw new UsageError("the command to start is missing: … -- COMMAND ARG…");
    const config = agentConfig(readFlags(flags));
    const agent = Agent.start(config, { transport: "stdio", upstream: "stdio" });
    return relayStdio(agent, command, { input: process.stdin, output: process.stdout });
  },
};

const serve: Command = {
  summary: "stand in front of an MCP server and speak Streamable HTTP at /mcp",
  usage:
    "assentry-agent serve --console URL [--enroll TOKEN | --enroll-file FILE] --server NAME --listen 127.0.0.1:PORT\n  [--mode enforce|observe] [--state-dir DIR] [--allow-host NAME]… [--allow-origin ORIGIN]… [--credential NAME]…\n  [--client-auth secret|upstream] [--allow-plain-upstream] [--session-idle-minutes N] [--max-sessions N]\n  (--upstream URL | -- COMMAND ARG…)",
  async run(argv) {
    const { flags, command } = splitCommand(argv);
    const given = readFlags(flags, SERVE_FLAGS);
    const config = agentConfig(given);
    const serving = serveConfig(given, command);
    const upstream = "command" in serving.server ? "stdio" : "http";
    return serveHttp(Agent.start(config, { transport: "http", upstream }), serving);
  },
};

/** Every command by its name. */
export const COMMANDS: Readonly<Record<string, Command>> = { run, serve };
