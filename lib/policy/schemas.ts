import { z } from "zod";
import { effect, sha256Hex, tier } from "@/agent/contract/vocabulary";
import { pageInput, pageOf } from "@/lib/core/paging";

const iso = z.iso.datetime();

export const policyView = z.strictObject({
  version: z.int(),
  digest: sha256Hex,
  /** parse it with agent/contract/policy */
  document: z.record(z.string(), z.unknown()),
  publishedBy: z.string(),
  publishedAt: iso,
  comment: z.string().nullable(),
});
export type PolicyView = z.infer<typeof policyView>;

export const policyVersionView = policyView.omit({ document: true }).extend({ rules: z.int() });
export const policyVersionPage = pageOf(policyVersionView);

export const publishInput = z.object({
  document: z.unknown(),
  baseVersion: z.int().min(1),
  comment: z.string().trim().max(500).optional(),
});
export const getPolicyInput = z.object({
  version: z.coerce.number().int().min(1).max(999_999_999).optional(),
});
export const listVersionsInput = z.object(pageInput);

/** What a call would meet under a draft (or, without one, under the standing policy). */
export const tryInput = z.object({
  document: z.unknown().optional(),
  server: z.string().max(200),
  method: z.string().max(200).default("tools/call"),
  tool: z.string().max(500).optional(),
  caller: z.string().max(200).default("somebody"),
  argumentsText: z.string().max(100_000).default("{}"),
});
export const tryOutput = z.strictObject({
  effect,
  tier,
  rule: z.strictObject({ id: z.string(), name: z.string().nullable(), index: z.int() }).nullable(),
  reasons: z.array(z.string()),
  conditionErrors: z.array(z.string()),
  flagged: z.boolean(),
  timeLimitMinutes: z.int().nullable(),
  deciders: z.array(z.string()),
  /** the tool's class came from what an agent listed, or from nothing at all */
  toolKnown: z.boolean(),
});
export type TryOutput = z.infer<typeof tryOutput>;
