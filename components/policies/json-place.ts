import type { JsonNode } from "@/agent/contract/json-node";
import { scanJson } from "@/agent/contract/json-scanner";

/** Where in a JSON text an issue's path (`rules[3].when`) points: a line from 1. The deepest part that exists counts. */
export function lineOfPath(text: string, path: string): number | null {
  let node: JsonNode;
  try {
    node = scanJson(text, { lineBreaks: "ignore", caseVariants: "allow" });
  } catch {
    return null;
  }
  let at = node.start;
  for (const part of path.match(/[^.[\]]+/g) ?? []) {
    let next: JsonNode | undefined;
    if (node.type === "object") {
      const member = node.members.find((each) => each.key === part);
      if (member) at = member.keyStart;
      next = member?.value;
    } else if (node.type === "array") {
      next = node.items[Number(part)];
      if (next) at = next.start;
    }
    if (!next) break;
    node = next;
  }
  return lineOfOffset(text, at);
}

export const lineOfOffset = (text: string, offset: number): number =>
  text.slice(0, offset).split("\n").length;

export type Read = { ok: true; document: unknown } | { ok: false; message: string; line: number | null };

/** Reads the draft as strictly as the console will; says in which line it is not JSON. */
export function readDraft(text: string): Read {
  try {
    scanJson(text, { lineBreaks: "ignore" });
    return { ok: true, document: JSON.parse(text) };
  } catch (error) {
    const offset = (error as { offset?: unknown }).offset;
    const message = error instanceof Error ? error.message : "not JSON";
    return { ok: false, message, line: typeof offset === "number" ? lineOfOffset(text, offset) : null };
  }
}
