import { z } from "zod";

/** The words both sides must agree on. Orders matter: later is worse. */
export const ROLES = ["owner", "admin", "approver", "auditor", "member"] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

export const RISK_CLASSES = ["read", "write", "external", "destructive", "execute"] as const;
export const riskClass = z.enum(RISK_CLASSES);
export type RiskClass = z.infer<typeof riskClass>;

export const TIERS = ["low", "medium", "high", "critical"] as const;
export const tier = z.enum(TIERS);
export type Tier = z.infer<typeof tier>;

export const effect = z.enum(["allow", "hold", "deny"]);
export type Effect = z.infer<typeof effect>;

export const mode = z.enum(["enforce", "observe"]);
export type Mode = z.infer<typeof mode>;

/** States of a held call; see docs/held-calls.md for the transitions. */
export const REQUEST_STATES = [
  "pending",
  "approved",
  "denied",
  "expired",
  "cancelled",
  "invalidated",
  "withdrawn",
  "released",
  "executed",
  "failed",
  "outcome_unknown",
  "ticket_expired",
  "refused_by_agent",
] as const;
export const requestState = z.enum(REQUEST_STATES);
export type RequestState = z.infer<typeof requestState>;

/** A call in one of these states may still be executed. */
export const OPEN_STATES: readonly RequestState[] = ["pending", "approved", "released"];

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "64 lowercase hex digits");
