import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ENROLMENT_TOKEN } from "../contract/v1";
import { type Mode, mode as modeSchema } from "../contract/vocabulary";
import { sha256Hex } from "./crypto";

/** A mistake in flags or environment: told on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What every command that stands in front of a server needs. */
export interface AgentConfig {
  readonly server: string;
  /** null: as kept in the state directory at enrolment */
  readonly consoleUrl: URL | null;
  readonly enrolToken: string | null;
  readonly localMode: Mode | null;
  readonly stateDir: string;
  /** seconds a client is kept waiting, whatever the table of clients says */
  readonly patienceSeconds: number | null;
  readonly spoolMaxBytes: number;
}

const COMMON_FLAGS = {
  console: { type: "string" },
  enroll: { type: "string" },
  "enroll-file": { type: "string" },
  server: { type: "string" },
  mode: { type: "string" },
  "state-dir": { type: "string" },
} as const;
const MIN_SPOOL_BYTES = 64 * 1024;

/** Splits at the first `--`: what follows is the command to start, untouched. */
export function splitCommand(argv: readonly string[]): { flags: string[]; command: string[] | null } {
  const at = argv.indexOf("--");
  return at < 0
    ? { flags: [...argv], command: null }
    : { flags: argv.slice(0, at), command: argv.slice(at + 1) };
}

type FlagTypes = Record<string, { type: "string" | "boolean"; multiple?: boolean }>;
export type FlagValue = string | boolean | (string | boolean)[] | undefined;
export type Flags = Record<string, FlagValue>;

/** Reads flags strictly. Throws UsageError for anything unknown. */
export function readFlags(args: string[], extra: FlagTypes = {}): Flags {
  try {
    return parseArgs({
      args,
      options: { ...COMMON_FLAGS, ...extra },
      strict: true,
      allowPositionals: false,
    }).values as Flags;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : "bad flags");
  }
}

export const text = (value: FlagValue): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** @param host as in a URL: IPv6 in brackets */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(host);

/** https anywhere, http on loopback only: the enrolment token and the host's facts travel on it. */
export function consoleAddress(value: string): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new UsageError("--console is not a URL");
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname)))
    throw new UsageError("--console must be https:// (http:// is for loopback only)");
  if (url.username || url.password || url.search || url.hash)
    throw new UsageError("--console is an address without user, query or fragment");
  return url;
}

/** A folder of its own for every name, also for those that are no folder names. */
export function serverFolder(server: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(server)) return server;
  return `${server.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40)}-${sha256Hex(server).slice(0, 12)}`;
}

export function positive(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) throw new UsageError(`${name} is not a number`);
  return number;
}

function enrolmentToken(flags: Flags, env: NodeJS.ProcessEnv): string | null {
  let token = text(flags.enroll);
  const file = text(flags["enroll-file"]) ?? (token ? undefined : text(env.ASSENTRY_ENROLL_FILE));
  if (token && file) throw new UsageError("give --enroll or --enroll-file, not both");
  if (file !== undefined) {
    try {
      token = readFileSync(file, "utf8").trim();
    } catch {
      throw new UsageError("the file of --enroll-file cannot be read");
    }
  }
  token ??= text(env.ASSENTRY_ENROLL_TOKEN);
  if (token === undefined) return null;
  if (!ENROLMENT_TOKEN.test(token)) throw new UsageError("the enrolment token is incomplete or mistyped");
  return token;
}

/** Flags win over the environment. Throws UsageError. */
export function agentConfig(flags: Flags, env: NodeJS.ProcessEnv = process.env): AgentConfig {
  const server = text(flags.server) ?? text(env.ASSENTRY_SERVER);
  if (!server) throw new UsageError("--server NAME is missing");
  if (server.length > 200) throw new UsageError("--server is longer than 200 characters");
  const console = text(flags.console) ?? text(env.ASSENTRY_CONSOLE_URL);
  const mode = text(flags.mode) ?? text(env.ASSENTRY_MODE);
  const parsedMode = mode === undefined ? null : modeSchema.safeParse(mode);
  if (parsedMode && !parsedMode.success) throw new UsageError("--mode is enforce or observe");
  const stateHome = text(env.XDG_STATE_HOME) ?? join(homedir(), ".local", "state");
  const stateDir =
    text(flags["state-dir"]) ??
    text(env.ASSENTRY_STATE_DIR) ??
    join(stateHome, "assentry", serverFolder(server));
  const spool = positive("ASSENTRY_SPOOL_MAX_BYTES", text(env.ASSENTRY_SPOOL_MAX_BYTES));
  return {
    server,
    consoleUrl: console ? consoleAddress(console) : null,
    enrolToken: enrolmentToken(flags, env),
    localMode: parsedMode?.data ?? null,
    stateDir: resolve(stateDir),
    patienceSeconds: positive("ASSENTRY_PATIENCE_SECONDS", text(env.ASSENTRY_PATIENCE_SECONDS)),
    spoolMaxBytes: Math.max(MIN_SPOOL_BYTES, spool ?? 64 * 1024 * 1024),
  };
}

/** The environment of the MCP server: ours without what belongs to the agent, the enrolment token above all. */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = { ...env };
  for (const name of Object.keys(kept)) if (name.startsWith("ASSENTRY_")) delete kept[name];
  return kept;
}

/** What our own requests to an HTTP server carry as Authorization; never told to a client. */
export const upstreamAuthorization = (env: NodeJS.ProcessEnv = process.env): string | null =>
  text(env.ASSENTRY_UPSTREAM_AUTHORIZATION) ?? null;

export const logLevel = (env: NodeJS.ProcessEnv = process.env): "debug" | "info" | "warn" | "error" => {
  const level = env.ASSENTRY_LOG_LEVEL;
  return level === "debug" || level === "warn" || level === "error" ? level : "info";
};
