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

/** JSON leaves these as they are; a terminal obeys the first and is turned around by the others. */
const UNSEEN = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;
const escaped = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");

/** One line of JSON that a terminal can be shown. */
export const logLine = (fields: Fields): string => JSON.stringify(fields).replace(UNSEEN, escaped);

function write(level: Level, message: string, fields: Fields = {}): void {
  if (ORDER.indexOf(level) < ORDER.indexOf(quietest)) return;
  process.stderr.write(`${logLine({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}

/** JSON lines on stderr; stdout belongs to MCP. Callers pass ids and codes, never arguments, tokens or others' texts. */
export const log = {
  debug: (message: string, fields?: Fields) => write("debug", message, fields),
  info: (message: string, fields?: Fields) => write("info", message, fields),
  warn: (message: string, fields?: Fields) => write("warn", message, fields),
  error: (message: string, fields?: Fields) => write("error", message, fields),
};
