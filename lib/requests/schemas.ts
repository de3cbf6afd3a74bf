import { z } from "zod";
import { requestState, riskClass, sha256Hex, tier } from "@/agent/contract/vocabulary";
import { pageInput, pageOf } from "@/lib/core/paging";

/** Wire shapes of held calls; interfaces.md names the ones scripts rely on. Browser-safe. */
const iso = z.iso.datetime();

export const standingDecision = z.strictObject({
  verdict: z.enum(["approve", "deny"]),
  by: z.strictObject({ type: z.enum(["person", "token", "system"]), id: z.string(), name: z.string() }),
  at: iso,
  reason: z.string().nullable(),
  /** place in the audit log; null until the sequencer has ordered it (milliseconds) */
  logIndex: z.int().nullable(),
});
export type StandingDecision = z.infer<typeof standingDecision>;

export const requestSummary = z.strictObject({
  id: z.string(),
  state: requestState,
  server: z.strictObject({ id: z.string(), name: z.string() }),
  tool: z.strictObject({ name: z.string(), digest: sha256Hex.nullable() }),
  method: z.string(),
  caller: z.strictObject({ id: z.string(), name: z.string(), kind: z.string() }),
  digest: sha256Hex,
  risk: z.strictObject({ tier, riskClass, reasons: z.array(z.string()) }),
  policy: z.strictObject({
    version: z.int(),
    rule: z.strictObject({ id: z.string(), name: z.string().nullable(), index: z.int() }).nullable(),
  }),
  createdAt: iso,
  expiresAt: iso,
  /** after an approval: released by then, or it lapses */
  approvalUntil: iso.nullable(),
  /** the client that asked still waits */
  waiting: z.boolean(),
  decision: standingDecision.nullable(),
});
export type RequestSummary = z.infer<typeof requestSummary>;

const person = z.strictObject({ id: z.string(), name: z.string(), role: z.string() });

export const requestDetail = z.strictObject({
  ...requestSummary.shape,
  /** null when this reader may not see arguments, or they were deleted by retention */
  argumentsText: z.string().nullable(),
  arguments: z.strictObject({
    /** `shown`: masked or whole; `forbidden`: not for this reader */
    access: z.enum(["shown", "forbidden", "gone"]),
    bytes: z.int(),
    masked: z.int(),
    revealed: z.boolean(),
  }),
  votes: z.array(
    z.strictObject({
      voter: z.strictObject({ type: z.string(), id: z.string(), name: z.string() }),
      verdict: z.enum(["approve", "deny"]),
      reason: z.string().nullable(),
      at: iso,
      opened: z.boolean(),
      ownCall: z.boolean(),
    }),
  ),
  client: z
    .strictObject({ name: z.string(), version: z.string(), protocolVersion: z.string().nullable() })
    .nullable(),
  agent: z.strictObject({
    id: z.string(),
    hostname: z.string(),
    osUser: z.string(),
    owner: z.string().nullable(),
    connected: z.boolean(),
  }),
  serverMode: z.enum(["enforce", "observe"]),
  enforcement: z.string(),
  /** what stands out, in our own words */
  unusual: z.array(z.string()),
  /** the last calls of this tool on this server that were held */
  history: z.array(
    z.strictObject({
      id: z.string(),
      state: requestState,
      at: iso,
      by: z.string().nullable(),
      reason: z.string().nullable(),
      sameArguments: z.boolean(),
    }),
  ),
  deciders: z.strictObject({
    people: z.array(person),
    /** null: you may decide; else why not */
    notYou: z.string().nullable(),
    /** you are the owner of the agent that asks (single operator only) */
    ownCall: z.boolean(),
  }),
  notices: z.strictObject({
    queued: z.int(),
    delivered: z.int(),
    failed: z.int(),
    channels: z.array(z.string()),
  }),
  /** the stages as they truly happened */
  stages: z.strictObject({
    recordedAt: iso.nullable(),
    releasedAt: iso.nullable(),
    finishedAt: iso.nullable(),
    durationMs: z.number().nullable(),
  }),
  outcome: z.strictObject({ state: requestState, at: iso, reason: z.string().nullable() }).nullable(),
  endReason: z.string().nullable(),
  now: iso,
});
export type RequestDetail = z.infer<typeof requestDetail>;

/** `state` takes one state, several by comma, or `waiting` (pending), `open`, `history` (everything decided or ended). */
export const listRequestsInput = z.object({
  ...pageInput,
  state: z
    .string()
    .max(200)
    .regex(/^[a-z_]+(,[a-z_]+)*$/)
    .optional(),
  server: z.string().max(100).optional(),
  caller: z.string().max(100).optional(),
  tool: z.string().max(500).optional(),
  tier: tier.optional(),
  mine: z.enum(["1"]).optional(),
});
export type ListRequestsInput = z.infer<typeof listRequestsInput>;

export const requestPage = z.strictObject({ ...pageOf(requestSummary).shape, waiting: z.int() });
export type RequestPage = z.infer<typeof requestPage>;

export const requestIdInput = z.object({ id: z.string().max(100) });

export const decideInput = z.object({
  id: z.string().max(100),
  verdict: z.enum(["approve", "deny"]),
  digest: sha256Hex,
  reason: z.string().trim().max(1000).optional(),
  surface: z.enum(["web", "api"]).optional(),
});
export type DecideInput = z.infer<typeof decideInput>;

export const withdrawInput = z.object({
  id: z.string().max(100),
  reason: z.string().trim().max(1000).optional(),
});

export const openOutput = z.strictObject({ opened: z.literal(true) });
export const revealOutput = z.strictObject({ argumentsText: z.string() });
