type Fields = Record<string, string | number | boolean | null | undefined>;
type Level = "debug" | "info" | "warn" | "error";

/** Errors are named, never printed whole: they may quote what they could not read. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const code = "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  return `${(error.message || error.name).split("\n")[0]?.slice(0, 300)}${code}`;
}

let quietest: Level = "info";
const ORDER: readonly Level[] = ["debug", "info", "warn", "error"];
export function setLogLevel(level: Level): void {
  quietest = level;
}

function write(level: Level, message: string, fields: Fields = {}): void {
  if (ORDER.indexOf(level) < ORDER.indexOf(quietest)) return;
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}

/** JSON lines on stderr; stdout belongs to MCP. Callers pass ids and codes, never arguments, tokens or others' texts. */
export const log = {
  debug: (message: string, fields?: Fields) => write("debug", message, fields),
  info: (message: string, fields?: Fields) => write("info", message, fields),
  warn: (message: string, fields?: Fields) => write("warn", message, fields),
  error: (message: string, fields?: Fields) => write("error", message, fields),
};
