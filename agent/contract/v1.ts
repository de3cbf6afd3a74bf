import { z } from "zod";
import { envelope } from "./dsse";
import { effect, mode, requestState, riskClass, sha256Hex, tier } from "./vocabulary";

/**
 * Every message between a server agent and the console, version 1. Both ends parse what they receive.
 * Requests are signed by the agent's key (RFC 9421, see signature.ts); what the console states is a DSSE envelope.
 */
const id = z.string().regex(/^[a-z]{2,5}_[0-9a-z]{8,40}$/);
const name = z.string().min(1).max(200);
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const isoTime = z.iso.datetime();
export const nonce = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);

/** (epoch, seq) orders bundles: an agent never takes a lower pair. A restore raises the epoch. */
export const position = z.strictObject({ epoch: z.int().min(0), seq: z.int().min(0) });
export type Position = z.infer<typeof position>;

// — enrolment ————————————————————————————————————————————————————————————————

/** `aet_<id>_<secret>_<first 32 hex digits of SHA-256 over the console's key list>`; lives an hour, used once. */
export const ENROLMENT_TOKEN = /^aet_[0-9a-z]{26}_[0-9a-f]{64}_[0-9a-f]{32}$/;

export const consoleKey = z.strictObject({
  kid: z.string().min(1).max(100),
  use: z.enum(["decision", "log"]),
  /** raw 32-byte Ed25519 public key */
  publicKey: base64url,
});
export type ConsoleKey = z.infer<typeof consoleKey>;

/** The text whose SHA-256 an enrolment token pins, so that the first contact trusts nothing it was not given. */
export function keyListText(keys: readonly ConsoleKey[]): string {
  return keys
    .map((key) => `${key.use}:${key.kid}:${key.publicKey}`)
    .sort()
    .join("\n");
}

export const hostFacts = z.strictObject({
  hostname: z.string().max(255),
  platform: z.string().max(100),
  osUser: z.string().max(100),
});

export const enrolInput = z.strictObject({
  token: z.string().regex(ENROLMENT_TOKEN, "not an enrolment token"),
  server: name,
  publicKey: base64url.length(43),
  agentVersion: z.string().max(50),
  host: hostFacts,
});
export type EnrolInput = z.infer<typeof enrolInput>;

export const enrolOutput = z.strictObject({
  agentId: id,
  serverId: id,
  serverName: name,
  consoleKeys: z.array(consoleKey).min(1).max(16),
  /** HMAC-SHA-256 key for fingerprints of credentials and of calls; never leaves the state directory */
  fingerprintKey: base64url,
  time: isoTime,
});
export type EnrolOutput = z.infer<typeof enrolOutput>;

// — the stream ———————————————————————————————————————————————————————————————

export const instanceFacts = z.strictObject({
  id,
  pid: z.int().min(0),
  startedAt: isoTime,
  transport: z.enum(["stdio", "http"]),
  upstream: z.enum(["stdio", "http"]),
  agentVersion: z.string().max(50),
  /** the local flag; may only tighten what the bundle says */
  localMode: mode.optional(),
});

/** POST /api/agent/v1/stream answers with server-sent events `hello`, `bundle`, `heartbeat`, `request`. */
export const streamInput = z.strictObject({
  instance: instanceFacts,
  nonce,
  /** ids of requests this instance waits for; `hello` tells their states */
  waiting: z.array(id).max(5000),
});
export type StreamInput = z.infer<typeof streamInput>;

/** Says that the console is there *now*: it echoes the nonce of the stream's request. Times are Postgres'. */
export const hello = z.strictObject({ nonce, serverId: id, at: isoTime, position });
export type Hello = z.infer<typeof hello>;

/** Once a second, after a successful read of the database. It renews the lease only at the agent's own position. */
export const heartbeat = z.strictObject({ serverId: id, at: isoTime, position });
export type Heartbeat = z.infer<typeof heartbeat>;

/** An unsigned hint: go and claim, or tell the client. Nothing is released on its strength. */
export const requestHint = z.strictObject({
  id,
  state: requestState,
  /** ended: what the model is told; pending: what the waiting client should know (no notice got out) */
  reason: z.string().max(2000).nullish(),
});
export type RequestHint = z.infer<typeof requestHint>;

export const helloEvent = z.strictObject({ hello: envelope, requests: z.array(requestHint).max(5000) });

// — the bundle ———————————————————————————————————————————————————————————————

export const bundle = z.strictObject({
  v: z.literal(1),
  serverId: id,
  serverName: name,
  position,
  issuedAt: isoTime,
  /** past this instant nothing is allowed on the bundle's strength */
  notAfter: isoTime,
  mode,
  observe: z.strictObject({ reason: z.string().max(500), until: isoTime }).nullable(),
  /** parsed again by parsePolicy: a document that does not parse refuses every call */
  policy: z.strictObject({ version: z.int().min(1), digest: sha256Hex, document: z.unknown() }),
  approved: z.array(z.strictObject({ tool: z.string(), digest: sha256Hex })),
  revokedCallers: z.array(z.string()),
  stops: z.array(
    z.strictObject({
      scope: z.enum(["everything", "server", "tool", "caller"]),
      target: z.string().nullable(),
      reason: z.string().max(500),
    }),
  ),
  /** when true a ticket without a log proof is refused */
  demandLogProof: z.boolean(),
});
export type Bundle = z.infer<typeof bundle>;

// — held calls ———————————————————————————————————————————————————————————————

/** Who called, as the agent established it; never the client's own word (decision 8). */
export const callerFacts = z.strictObject({
  /** stable and opaque: `os:<user>` within one agent, or `cred:<fingerprint>` */
  key: z.string().min(1).max(200),
  kind: z.enum(["os_user", "credential", "oauth_subject"]),
  name,
});
export type CallerFacts = z.infer<typeof callerFacts>;

/** Self-reported, shown as such, never used to authorise. */
export const clientFacts = z.strictObject({
  name: z.string().max(200),
  version: z.string().max(100),
  protocolVersion: z.string().max(50).nullable(),
});
export type ClientFacts = z.infer<typeof clientFacts>;

export const toolFacts = z.strictObject({
  name: z.string().min(1).max(500),
  /** digest of the whole definition as last listed; null when the server never listed it */
  digest: sha256Hex.nullable(),
  riskClass,
  tier,
  reasons: z.array(z.string().max(300)).max(20),
  annotations: z
    .strictObject({
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .nullable(),
});
export type ToolFacts = z.infer<typeof toolFacts>;

export const MAX_PARAMS_CHARS = 1_000_000;

/** POST /api/agent/v1/requests: create the held call, or attach to an equal one whose waiter is gone. */
export const holdInput = z.strictObject({
  instance: id,
  /** names this attempt: the same nonce gets the same request again */
  nonce,
  caller: callerFacts,
  client: clientFacts.nullable(),
  method: z.string().min(1).max(200),
  tool: toolFacts.nullable(),
  /** exact source text of `params`; the console scans it again and computes the digest itself */
  paramsText: z.string().max(MAX_PARAMS_CHARS),
  callDigest: sha256Hex,
  /** the policy the agent decided by; any other than the standing one answers 409 `stale_bundle` */
  policyVersion: z.int().min(1),
});
export type HoldInput = z.infer<typeof holdInput>;

export const holdOutput = z.strictObject({
  id,
  state: requestState,
  attached: z.boolean(),
  digest: sha256Hex,
  createdAt: isoTime,
  expiresAt: isoTime,
  /** where a person decides; carries no authority */
  url: z.url(),
  /** how many people may decide this now */
  eligible: z.int().min(0),
  /** what is said to the waiting client when nobody can be reached */
  warning: z.string().max(500).nullable(),
});
export type HoldOutput = z.infer<typeof holdOutput>;

/** POST /api/agent/v1/requests/{id}/claim: 200 with the ticket, or 409 with the standing state. */
export const claimInput = z.strictObject({
  instance: id,
  /** the same nonce gets the same ticket again; another instance or nonce gets 409 */
  nonce,
  callDigest: sha256Hex,
  toolDigest: sha256Hex.nullable(),
});
export type ClaimInput = z.infer<typeof claimInput>;
export const claimOutput = z.strictObject({ ticket: envelope });

export const ticket = z.strictObject({
  v: z.literal(1),
  requestId: id,
  serverId: id,
  instance: id,
  claimNonce: nonce,
  callerKey: z.string(),
  method: z.string(),
  tool: z.string().nullable(),
  toolDigest: sha256Hex.nullable(),
  callDigest: sha256Hex,
  /** the digest the approver saw: over {server, tool, tool digest, call digest, caller, nonce, requested at} */
  requestDigest: sha256Hex,
  policyVersion: z.int(),
  issuedAt: isoTime,
  expiresAt: isoTime,
  logProof: z.string().nullable(),
});
export type Ticket = z.infer<typeof ticket>;

/** POST /api/agent/v1/requests/{id}/waiter: the client went away; an equal call may attach from now on. */
export const waiterInput = z.strictObject({
  instance: id,
  nonce,
  reason: z.enum(["patience", "cancelled", "disconnected"]),
});

// — events —————————————————————————————————————————————————————————————————

const call = {
  /** the agent's id of this call, shared by its events */
  call: id,
  caller: callerFacts,
  method: z.string().max(200),
  tool: z.string().max(500).nullable(),
  toolDigest: sha256Hex.nullable(),
  /** HMAC of the call digest: equal calls match, arguments cannot be guessed */
  fingerprint: sha256Hex.nullable(),
};
const decided = { rule: z.string().max(100).nullable(), policyVersion: z.int().nullable() };

export const REFUSAL_CODES = [
  "malformed",
  "policy_denied",
  "stopped",
  "revoked",
  "offline",
  "no_bundle",
  "console_unreachable",
  "decision_denied",
  "request_expired",
  "request_withdrawn",
  "request_invalidated",
  "ticket_invalid",
  "spool_full",
  "tool_changed",
  "not_authenticated",
  "bad_host",
  "bad_origin",
  "header_mismatch",
] as const;
export const refusalCode = z.enum(REFUSAL_CODES);
export type RefusalCode = z.infer<typeof refusalCode>;

export const agentEvent = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("session.opened"),
    at: isoTime,
    session: id,
    caller: callerFacts.nullable(),
    client: clientFacts.nullable(),
  }),
  z.strictObject({ type: z.literal("session.closed"), at: isoTime, session: id }),
  z.strictObject({ type: z.literal("call.allowed"), at: isoTime, ...call, ...decided, flagged: z.boolean() }),
  /** observe mode: forwarded although enforcing would have held or denied it */
  z.strictObject({ type: z.literal("call.observed"), at: isoTime, ...call, ...decided, wouldBe: effect }),
  z.strictObject({
    type: z.literal("call.refused"),
    at: isoTime,
    call: id,
    caller: callerFacts.nullable(),
    method: z.string().max(200).nullable(),
    tool: z.string().max(500).nullable(),
    code: refusalCode,
    detail: z.string().max(300).nullable(),
    request: id.nullable(),
    ...decided,
  }),
  /** the intent, on disk before the forward */
  z.strictObject({ type: z.literal("call.released"), at: isoTime, call: id, request: id }),
  z.strictObject({
    type: z.literal("call.finished"),
    at: isoTime,
    call: id,
    request: id.nullable(),
    outcome: z.enum(["executed", "failed", "unknown"]),
    /** salted with the fingerprint key */
    resultFingerprint: sha256Hex.nullable(),
    durationMs: z.number().min(0),
  }),
  z.strictObject({
    type: z.literal("server.listed"),
    at: isoTime,
    serverInfo: z.strictObject({ name: z.string().max(200), version: z.string().max(100) }).nullable(),
    tools: z
      .array(z.strictObject({ ...toolFacts.shape, digest: sha256Hex, title: z.string().max(200).nullable() }))
      .max(2000),
  }),
  z.strictObject({
    type: z.literal("agent.alarm"),
    at: isoTime,
    code: z.string().max(60),
    detail: z.string().max(300),
  }),
]);
export type AgentEvent = z.infer<typeof agentEvent>;

/** POST /api/agent/v1/events: takes only the next sequence; 409 `sequence` tells the standing one. */
export const eventsInput = z.strictObject({
  /** whose spool: this process's, or that of a dead instance of the same agent */
  instance: id,
  /** the bundle this agent enforces: its acknowledgement */
  position: position.nullable(),
  events: z.array(z.strictObject({ seq: z.int().min(1), event: agentEvent })).max(500),
});
export type EventsInput = z.infer<typeof eventsInput>;
export const eventsOutput = z.strictObject({ lastSeq: z.int().min(0) });

export const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  }),
});
