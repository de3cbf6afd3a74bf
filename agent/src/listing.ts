import { toolDigestText } from "../contract/canonical";
import { annotationsOf, classify, toolDefinition, worstClass, worstTier } from "../contract/classify";
import { type JsonNode, JsonObject, scanJson, toPlain } from "../contract/scan";
import type { ToolFacts } from "../contract/v1";
import { sha256Hex } from "./crypto";

/** A tool as its server defines it now, and what that makes of it. */
export interface ToolView extends ToolFacts {
  readonly digest: string;
  readonly title: string | null;
}

export interface ListingPage {
  readonly tools: readonly ToolView[];
  readonly nextCursor: string | null;
}

const field = (node: JsonNode | undefined, key: string): JsonNode | undefined =>
  node instanceof JsonObject ? node.get(key) : undefined;

function view(node: JsonNode): ToolView | null {
  const name = field(node, "name");
  if (name?.type !== "string" || name.value === "" || name.value.length > 500) return null;
  const plain = toPlain(node);
  const parsed = toolDefinition.safeParse(plain);
  const { riskClass, tier, reasons } = classify(plain);
  return {
    name: name.value,
    digest: sha256Hex(toolDigestText(node)),
    riskClass,
    tier,
    reasons: reasons.slice(0, 20).map((reason) => reason.slice(0, 300)),
    annotations: parsed.success && parsed.data.annotations ? annotationsOf(parsed.data) : null,
    title: parsed.success ? (parsed.data.title?.slice(0, 200) ?? null) : null,
  };
}

/**
 * Reads the answer to a `tools/list`. Null when it is an error or no listing; throws ScanError when it cannot be read
 * without doubt (duplicate keys and the like): then no tool of it is known.
 */
export function readListing(text: string): ListingPage | null {
  const root = scanJson(text, { lineBreaks: "ignore", caseVariants: "allow", maxLength: text.length });
  const result = field(root, "result");
  const tools = field(result, "tools");
  if (tools?.type !== "array") return null;
  const cursor = field(result, "nextCursor");
  return {
    tools: tools.items.map(view).filter((tool) => tool !== null),
    nextCursor: cursor?.type === "string" && cursor.value !== "" ? cursor.value : null,
  };
}

/** Tools by name. One listed twice with two definitions is neither: it gets the worst of both, under a digest of its own. */
export function byName(tools: readonly ToolView[]): Map<string, ToolView> {
  const map = new Map<string, ToolView>();
  for (const tool of tools) {
    const other = map.get(tool.name);
    if (!other || other.digest === tool.digest) map.set(tool.name, tool);
    else
      map.set(tool.name, {
        ...tool,
        digest: sha256Hex([other.digest, tool.digest].sort().join("\n")),
        riskClass: worstClass(other.riskClass, tool.riskClass),
        tier: worstTier(other.tier, tool.tier),
        reasons: ["The server lists it twice, with different definitions.", ...tool.reasons].slice(0, 20),
      });
  }
  return map;
}

/** Changes when any tool does. */
export const listingDigest = (tools: ReadonlyMap<string, ToolView>): string =>
  sha256Hex(
    [...tools.values()]
      .map((tool) => `${tool.digest} ${tool.name}`)
      .sort()
      .join("\n"),
  );
