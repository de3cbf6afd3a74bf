import { z } from "zod";
import { readSchema } from "./classify-schema";
import { type Finding, readDescription, readName } from "./classify-text";
import { RISK_CLASSES, type RiskClass, TIERS, type Tier } from "./vocabulary";

/** A tool as a server lists it; members we do not judge pass through. */
export const toolDefinition = z.looseObject({
  name: z.string().min(1).max(500),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.unknown().optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
});
export type ToolDefinition = z.infer<typeof toolDefinition>;

export interface ToolAnnotations {
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
}

export interface Classification {
  readonly riskClass: RiskClass;
  readonly tier: Tier;
  /** plain sentences for an approver, the gravest first; at most 12, each under 300 characters */
  readonly reasons: string[];
}

/** The classes from harmless to grave: read < write < external < destructive < execute. */
export const worstClass = (a: RiskClass, b: RiskClass): RiskClass =>
  RISK_CLASSES.indexOf(a) >= RISK_CLASSES.indexOf(b) ? a : b;
export const worstTier = (a: Tier, b: Tier): Tier => (TIERS.indexOf(a) >= TIERS.indexOf(b) ? a : b);

const TIER_OF: Record<RiskClass, Tier> = {
  read: "low",
  write: "medium",
  external: "high",
  destructive: "high",
  execute: "critical",
};
/** The tier of a class when nobody has set another. */
export const tierOf = (riskClass: RiskClass): Tier => TIER_OF[riskClass];

/** What holds for a tool that no listing has shown. */
export const UNKNOWN_TOOL: Classification = {
  riskClass: "destructive",
  tier: "high",
  reasons: ["definition unknown"],
};

/** The four hints; one that is present but no boolean takes its worst value. */
export function annotationsOf(tool: ToolDefinition): ToolAnnotations {
  const given = tool.annotations ?? {};
  const worst = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };
  const out: ToolAnnotations = {};
  for (const key of Object.keys(worst) as (keyof typeof worst)[]) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (value !== undefined) out[key] = typeof value === "boolean" ? value : worst[key];
  }
  return out;
}

function readAnnotations(hints: ToolAnnotations): Finding[] {
  const { readOnlyHint, destructiveHint, openWorldHint } = hints;
  const found: Finding[] = [];
  if (openWorldHint === true)
    found.push({ harm: "external", reason: "The server says that it reaches systems outside." });
  if (destructiveHint === true)
    found.push({ harm: "destructive", reason: "The server says that it may destroy data." });
  if (readOnlyHint === true) return found;
  found.push({
    harm: "write",
    reason:
      readOnlyHint === false
        ? "The server says that it changes data."
        : "The server does not say that it only reads.",
  });
  if (destructiveHint === undefined)
    found.push({ harm: "destructive", reason: "The server does not rule out that it destroys data." });
  if (openWorldHint === undefined)
    found.push({ harm: "external", reason: "The server does not rule out that it reaches systems outside." });
  return found;
}

function readCharacters(tool: ToolDefinition): Finding[] {
  const found: Finding[] = [];
  if (!/^[A-Za-z0-9_.\-/: ]*$/.test(tool.name))
    found.push({
      harm: "write",
      reason: "Its name has unusual characters, so it cannot be judged by its name.",
    });
  if (/[\p{Cf}\p{Co}\p{Cs}]/u.test(`${tool.name}${tool.title ?? ""}${tool.description ?? ""}`))
    found.push({ harm: "write", reason: "Its definition has invisible characters." });
  return found;
}

/**
 * The class of a tool until a reviewer sets it: the worst of what the server's annotations say, a missing one taken
 * at its worst, and what the words in name, title, description and inputs say. Annotations only ever raise.
 */
export function classify(tool: unknown): Classification {
  if (tool === undefined) return UNKNOWN_TOOL;
  const parsed = toolDefinition.safeParse(tool);
  if (!parsed.success) return { ...UNKNOWN_TOOL, reasons: ["The tool's definition cannot be read."] };
  const definition = parsed.data;
  const { title } = definition.annotations ?? {};
  const found = [
    ...readName(definition.name, "The name"),
    ...readName(definition.title ?? "", "The title"),
    ...readName(typeof title === "string" ? title : "", "The title"),
    ...readDescription(definition.description ?? ""),
    ...readSchema(definition.inputSchema),
    ...readCharacters(definition),
    ...readAnnotations(annotationsOf(definition)),
  ];
  if (found.length === 0)
    return {
      riskClass: "read",
      tier: "low",
      reasons: ["The server says that it only reads, and nothing in its definition says otherwise."],
    };
  found.sort((a, b) => RISK_CLASSES.indexOf(b.harm) - RISK_CLASSES.indexOf(a.harm));
  const riskClass = found[0]?.harm ?? "destructive";
  const reasons = [...new Set(found.map((finding) => finding.reason))].slice(0, 12);
  return { riskClass, tier: tierOf(riskClass), reasons };
}
