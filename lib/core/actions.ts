import { z } from "zod";

const text = z.string().max(500);
const idList = z.array(z.string().max(100)).max(200);

/**
 * The closed list of what can be recorded, each with the detail it may carry (T8: allow-listed, no arguments, no secrets).
 * Successful decisions are `request.approve` and `request.deny`; an attempt that was refused is `request.decide`.
 */
export const ACTIONS = {
  "session.create": { provider: text.optional(), userAgent: text.optional() },
  "session.refuse": { provider: text.optional(), count: z.int().optional() },
  "session.revoke": { count: z.int().optional() },
  "access.refuse": {
    permission: text.optional(),
    count: z.int().optional(),
    path: text.optional(),
    code: text.optional(),
  },
  "user.create": { role: text.nullish(), provider: text.optional() },
  "user.link": { provider: text },
  "user.update": { role: text.nullish(), before: text.nullish(), disabled: z.boolean().optional() },
  "user.password": {},
  "token.create": { role: text, expiresAt: text.nullish() },
  "token.revoke": {},
  "enrolment.create": { expiresAt: text },
  "agent.enrol": { version: text.optional(), hostname: text.optional(), osUser: text.optional() },
  "agent.alarm": { code: text, detail: text },
  "agent.refuse": { code: text.optional(), path: text.optional() },
  "agent.gap": { expected: z.int(), got: z.int() },
  "agent.revoke": {},
  "agent.connect": { transport: text },
  "server.create": { owner: text.nullish() },
  "server.update": { fields: idList.optional() },
  "server.mode": { before: text, after: text, until: text.nullish() },
  "server.list": { added: z.int(), changed: z.int(), gone: z.int(), tools: z.int() },
  "policy.publish": { version: z.int(), rules: z.int() },
  "policy.install": { version: z.int() },
  "request.create": {
    tier: text,
    riskClass: text,
    rule: text.nullish(),
    method: text,
    policyVersion: z.int(),
    expiresAt: text,
    eligible: z.int(),
  },
  "request.attach": { waiter: text },
  "request.waiter": { reason: text },
  "request.decide": { code: text.optional(), verdict: text.optional() },
  "request.approve": {
    digest: text,
    opened: z.boolean(),
    ownCall: z.boolean(),
    posture: text,
    policyVersion: z.int(),
  },
  "request.deny": {
    digest: text,
    opened: z.boolean(),
    ownCall: z.boolean(),
    posture: text,
    policyVersion: z.int(),
  },
  "request.withdraw": {},
  "request.expire": { from: text },
  "request.lapse": {},
  "request.release": { instance: text, again: z.boolean() },
  "request.open": { masked: z.int() },
  "request.reveal": { masked: z.int() },
  "request.finish": { outcome: text, durationMs: z.number() },
  "call.allow": {
    method: text,
    tool: text.nullish(),
    rule: text.nullish(),
    policyVersion: z.int().nullish(),
    flagged: z.boolean(),
    fingerprint: text.nullish(),
  },
  "call.observe": {
    method: text,
    tool: text.nullish(),
    rule: text.nullish(),
    policyVersion: z.int().nullish(),
    wouldBe: text,
    fingerprint: text.nullish(),
  },
  "call.refuse": {
    code: text,
    method: text.nullish(),
    tool: text.nullish(),
    detail: text.nullish(),
    rule: text.nullish(),
    policyVersion: z.int().nullish(),
  },
  "call.release": { request: text },
  "call.finish": {
    outcome: text,
    durationMs: z.number(),
    request: text.nullish(),
    fingerprint: text.nullish(),
  },
  "mcp-session.open": { client: text.nullish(), protocolVersion: text.nullish() },
  "mcp-session.close": {},
  "notice.deliver": { channel: text, kind: text },
  "notice.fail": { channel: text, kind: text, attempts: z.int(), error: text },
  "audit.export": { filter: text, format: text },
  "system.start": { version: text.optional() },
} as const satisfies Record<string, z.ZodRawShape>;

export type Action = keyof typeof ACTIONS;
export type Detail<A extends Action> = z.infer<z.ZodObject<(typeof ACTIONS)[A]>>;

/** Parses a detail by its action's allow-list: an unlisted field is a programming error and fails the act. */
export function parseDetail<A extends Action>(action: A, detail: unknown): Record<string, unknown> {
  return z.strictObject(ACTIONS[action] as z.ZodRawShape).parse(detail ?? {});
}
