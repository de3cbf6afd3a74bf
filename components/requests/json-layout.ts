/**
 * Lays JSON out over lines by adding white space between its tokens and nothing else: every string, number and key stays
 * as it was written. Null when the text is not JSON, or when taking the white space away would not give the text back.
 */
export function layoutJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const out: string[] = [];
  let depth = 0;
  const line = () => out.push(`\n${"  ".repeat(depth)}`);
  for (const token of tokens(text)) {
    const last = out.at(-1);
    if (token === "}" || token === "]") {
      depth--;
      if (last === (token === "}" ? "{" : "[")) out.push(token);
      else {
        line();
        out.push(token);
      }
      continue;
    }
    if (last === "{" || last === "[" || last === ",") line();
    out.push(token);
    if (token === "{" || token === "[") depth++;
    if (token === ":") out.push(" ");
  }
  const laid = out.join("");
  return bare(laid) === bare(text) ? laid : null;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
const tokens = (text: string): string[] => text.match(TOKEN) ?? [];
const bare = (text: string): string => tokens(text).join("");

export interface LongString {
  /** e.g. `content` or `edits[0].newText` */
  path: string;
  text: string;
  lines: number;
}

/** Strings that nobody can read inside JSON: of several lines, or long. At most 20, in order. */
export function longStrings(json: string): LongString[] {
  const found: LongString[] = [];
  const walk = (value: unknown, path: string) => {
    if (found.length >= 20) return;
    if (typeof value === "string") {
      const lines = value.split("\n").length;
      if (lines > 1 || value.length > 400) found.push({ path, text: value, lines });
    } else if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) walk(each, `${path}[${index}]`);
    } else if (value && typeof value === "object") {
      for (const [key, each] of Object.entries(value)) walk(each, path ? `${path}.${key}` : key);
    }
  };
  try {
    walk(JSON.parse(json), "");
  } catch {
    return [];
  }
  return found;
}
