import { type ParseArgsConfig, parseArgs } from "node:util";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import type { Options, Result } from "./result";
import { USAGE, UsageError } from "./usage";

type Command = (context: Context, options: Options) => Promise<Result | null>;
type Flags = NonNullable<ParseArgsConfig["options"]>;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const flags: Record<string, Flags> = {
  "user add": { email: text, role: text, name: text, "password-stdin": flag },
  "user list": {},
  "user disable": { email: text },
  "user reset-password": { email: text },
  "token create": { name: text, role: text, expires: text },
  "token list": {},
  "token revoke": { id: text },
  "agent enroll": { server: text, owner: text },
  "audit verify": {},
  "audit export": { from: text, to: text },
  "db migrate": {},
  "db url": { owner: flag },
};
const required: Record<string, string[]> = {
  "user add": ["email", "role"],
  "user disable": ["email"],
  "user reset-password": ["email"],
  "token create": ["name", "role"],
  "token revoke": ["id"],
  "agent enroll": ["server"],
};

function read(args: string[]) {
  const name = args.slice(0, 2).join(" ");
  if (!Object.hasOwn(flags, name)) {
    throw new UsageError(args.length === 0 ? "" : `There is no command \`${name}\`.`);
  }
  let options: Options;
  try {
    const parsed = parseArgs({ args: args.slice(2), options: { ...flags[name], json: flag }, strict: true });
    options = { ...parsed.values } as Options;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const missing = (required[name] ?? []).filter((option) => !options[option]);
  if (missing.length > 0) throw new UsageError(`${name} needs --${missing.join(" and --")}.`);
  return { name, options };
}

/** Loaded after the command line was understood: a mistake in it is told at once. */
async function load(name: string): Promise<Command> {
  const { peopleCommands } = await import("./people-commands");
  const { systemCommands } = await import("./system-commands");
  const run = ({ ...peopleCommands, ...systemCommands } as Record<string, Command>)[name];
  if (!run) throw new UsageError(`There is no command \`${name}\`.`);
  return run;
}

async function main(args: string[]): Promise<number> {
  if (args.length === 1 && ["help", "--help", "-h"].includes(args[0] ?? "")) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const { name, options } = read(args);
  const run = await load(name);
  const { pool } = await import("@/db/client");
  const { systemContext } = await import("@/lib/core/context");
  const { newId } = await import("@/lib/core/ids");
  const { ensureReady } = await import("./schema-state");
  try {
    if (!name.startsWith("db ")) await ensureReady();
    return print(await run(systemContext("command line", newId("http")), options), options);
  } finally {
    await pool().end();
  }
}

function print(result: Result | null, options: Options): number {
  if (!result) return 0;
  if (result.aside && !options.json) process.stderr.write(`${result.aside}\n`);
  process.stdout.write(`${options.json ? JSON.stringify(result.json) : result.text}\n`);
  return result.failed ? 1 : 0;
}

/** Messages only: a driver's error could carry the statement's parameters. */
function explain(error: unknown): { code: number; text: string } {
  if (error instanceof UsageError) return { code: 2, text: `${error.message}\n\n${USAGE}`.trim() };
  if (error instanceof AppError) {
    const issues = (error.issues ?? []).map((i) => `  --${i.path}: ${i.message}`);
    return { code: error.code === "malformed" ? 2 : 1, text: [error.message, ...issues].join("\n") };
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return { code: 1, text: cause instanceof Error ? cause.message || cause.name : "The command failed." };
}

main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
  })
  .catch((error: unknown) => {
    const { code, text: message } = explain(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = code;
  });
