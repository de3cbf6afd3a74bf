import type { PolicyDocument, Rule } from "@/agent/contract/policy-schema";

export interface Condition {
  word: string;
  /** globs and names as written; shown in mono */
  values: readonly string[];
}

const HINTS: Record<string, [yes: string, no: string]> = {
  readOnlyHint: ["says it only reads", "does not say it only reads"],
  destructiveHint: ["says it may destroy", "says it does not destroy"],
  idempotentHint: ["says repeating changes nothing", "does not say repeating changes nothing"],
  openWorldHint: ["says it reaches outside", "says it stays inside"],
};

/** What a rule matches, as people say it; in the order in which one reads a call. */
export function matchWords(match: Rule["match"]): Condition[] {
  const out: Condition[] = [];
  const calls = !match.methods || (match.methods.length === 1 && match.methods[0] === "tools/call");
  if (match.direction === "server") out.push({ word: "from the server", values: match.methods ?? [] });
  else if (!calls) out.push({ word: "method", values: match.methods });
  if (match.tools) out.push({ word: "tool", values: match.tools });
  if (match.servers) out.push({ word: "on server", values: match.servers });
  if (match.classes) out.push({ word: "of class", values: match.classes });
  if (match.callers) out.push({ word: "by caller", values: match.callers });
  for (const [hint, value] of Object.entries(match.annotations ?? {})) {
    const words = HINTS[hint];
    if (words && typeof value === "boolean") out.push({ word: words[value ? 0 : 1], values: [] });
  }
  if (calls && out.length === 0) out.push({ word: "every tool call", values: [] });
  return out;
}

/** Who decides, in words: `owner, admin or ada@example.com`. */
export function decidersWords(given: PolicyDocument["hold"]["deciders"] | undefined): string {
  const all = [...(given?.roles ?? []), ...(given?.people ?? [])];
  return all.length > 1 ? `${all.slice(0, -1).join(", ")} or ${all.at(-1)}` : (all[0] ?? "nobody");
}
