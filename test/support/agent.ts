import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { atEnd } from "./cleanup";
import { ROOT, type TestConsole } from "./console";

/** Where the demo's packages live: real MCP servers and clients. */
export const PEERS = path.join(ROOT, "scripts/demo/node_modules");
export const bin = (name: string) => path.join(PEERS, ".bin", name);

export function tempDir(name: string): string {
  const dir = mkdtempSync(path.join(tmpdir(), `assentry-${name}-`));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface AgentLaunch {
  command: string;
  args: string[];
  env: Record<string, string>;
  stateDir: string;
}

/** The command line of an agent in front of `command`, enrolled with a fresh token or on a standing state directory. */
export async function agentFor(
  console: TestConsole,
  server: string,
  command: string[],
  options: { stateDir?: string; env?: Record<string, string> } = {},
): Promise<AgentLaunch> {
  const stateDir = options.stateDir ?? path.join(tempDir("state"), "agent");
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    ...(options.stateDir ? {} : { ASSENTRY_ENROLL_TOKEN: await console.enrol(server) }),
    ...options.env,
  };
  return {
    command: process.execPath,
    args: [
      path.join(ROOT, "agent/bin.js"),
      "run",
      "--console",
      console.url,
      "--server",
      server,
      "--state-dir",
      stateDir,
      "--",
      ...command,
    ],
    env,
    stateDir,
  };
}
