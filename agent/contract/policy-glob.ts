export const MAX_GLOB = 200;
const MAX_STARS = 8;

/** Why a pattern is refused, or null. */
export function globProblem(pattern: string): string | null {
  if (pattern === "") return "an empty pattern matches nothing";
  if (pattern.length > MAX_GLOB) return `longer than ${MAX_GLOB} characters`;
  if (pattern !== pattern.trim()) return "white space at the start or the end";
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(pattern)) return "control or invisible characters";
  if (pattern.replace(/[^*]/g, "").length > MAX_STARS) return `more than ${MAX_STARS} stars`;
  return null;
}

/** The first place at or after `from` where `piece` stands in `text`, "?" being any one character; -1 if none. */
function find(piece: string, text: string, from: number): number {
  if (!piece.includes("?")) return text.indexOf(piece, from);
  for (let at = from; at + piece.length <= text.length; at++) if (standsAt(piece, text, at)) return at;
  return -1;
}

function standsAt(piece: string, text: string, at: number): boolean {
  if (at < 0 || at + piece.length > text.length) return false;
  for (let i = 0; i < piece.length; i++) {
    const c = piece.charCodeAt(i);
    if (c !== 0x3f && c !== text.charCodeAt(at + i)) return false;
  }
  return true;
}

export type Glob = (text: string) => boolean;

/**
 * Compiles a pattern: "*" is any run of characters, "?" any one (a UTF-16 unit), all else itself; anchored at both
 * ends, case-sensitive. Each piece between stars is looked for once, left to right, so there is no backtracking.
 */
export function compileGlob(pattern: string): Glob {
  const pieces = pattern.split(/\*+/);
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return (text) => text.length === first.length && standsAt(first, text, 0);
  const last = pieces.at(-1) ?? "";
  const middle = pieces.slice(1, -1);
  return (text) => {
    if (!standsAt(first, text, 0)) return false;
    let at = first.length;
    for (const piece of middle) {
      const found = find(piece, text, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return text.length - last.length >= at && standsAt(last, text, text.length - last.length);
  };
}
