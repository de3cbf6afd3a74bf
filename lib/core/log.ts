import { env } from "./env";

type Fields = Record<string, unknown>;

/** Errors are named, never printed whole: drivers put statement parameters into them. */
function plain(fields: Fields): Fields {
  const out: Fields = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value instanceof Error) {
      const code = "code" in value ? value.code : undefined;
      const cause = value.cause instanceof Error ? value.cause : null;
      const causeCode = cause && "code" in cause ? cause.code : undefined;
      // drizzle's own message repeats the statement's parameters; the driver's cause names what is wrong
      out[key] = {
        name: value.name,
        code: code ?? causeCode,
        message: (cause ?? value).message.split("\n")[0]?.slice(0, 300),
      };
    } else out[key] = value;
  }
  return out;
}

function write(level: "info" | "warn" | "error", message: string, fields: Fields = {}) {
  if (env().quiet && level === "info") return;
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, message, ...plain(fields) })}\n`,
  );
}

/** JSON lines on stderr. Callers pass ids and codes, never arguments, tokens or message texts of others. */
export const log = {
  info: (message: string, fields?: Fields) => write("info", message, fields),
  warn: (message: string, fields?: Fields) => write("warn", message, fields),
  error: (message: string, fields?: Fields) => write("error", message, fields),
};
