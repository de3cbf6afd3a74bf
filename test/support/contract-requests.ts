import { randomBytes } from "node:crypto";
import type { ClaimInput, HoldInput } from "@/agent/contract/v1";
import type { RequestState } from "@/agent/contract/vocabulary";
import { sha256Hex } from "@/agent/src/crypto";
import type { ContractConsole } from "./contract-console";

export const id = (prefix: string) => `${prefix}_${randomBytes(13).toString("hex")}`;
export const iso = (ms = Date.now()) => new Date(ms).toISOString();

export interface Held {
  id: string;
  input: HoldInput;
  state: RequestState;
  reason: string | null;
  waiterGone: string | null;
  claims: number;
  digest: string;
  ticket: Record<string, unknown> | null;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(code);
  }
}

export function hold(console: ContractConsole, input: HoldInput) {
  if (input.policyVersion !== console.policyVersion) throw new Refused(409, "stale_bundle");
  const equal = console.held.find(
    (one) =>
      one.input.callDigest === input.callDigest &&
      one.waiterGone !== null &&
      ["pending", "approved"].includes(one.state),
  );
  const known = console.held.find((one) => one.input.nonce === input.nonce) ?? equal;
  const held = known ?? {
    id: id("req"),
    input,
    state: "pending" as const,
    reason: null,
    waiterGone: null,
    claims: 0,
    digest: sha256Hex(input.nonce),
    ticket: null,
  };
  if (!known) console.held.push(held);
  held.input = input;
  held.waiterGone = null;
  return {
    id: held.id,
    state: held.state,
    attached: known !== undefined,
    digest: held.digest,
    createdAt: iso(Date.now() + console.clockMs),
    expiresAt: iso(Date.now() + console.clockMs + 1_800_000),
    url: `${console.url}/requests/${held.id}`,
    eligible: 1,
    warning: null,
  };
}

export function claim(console: ContractConsole, held: Held, input: ClaimInput) {
  held.claims++;
  const again = held.ticket?.claimNonce === input.nonce;
  if (held.state !== "approved" && !again)
    throw new Refused(409, "not_claimable", { state: held.state, reason: held.reason });
  held.state = "released";
  held.ticket ??= {
    v: 1,
    requestId: held.id,
    serverId: console.serverId,
    instance: input.instance,
    claimNonce: input.nonce,
    callerKey: held.input.caller.key,
    method: held.input.method,
    tool: held.input.tool?.name ?? null,
    toolDigest: input.toolDigest,
    callDigest: held.input.callDigest,
    requestDigest: held.digest,
    policyVersion: held.input.policyVersion,
    issuedAt: iso(Date.now() + console.clockMs),
    expiresAt: iso(Date.now() + console.clockMs + 60_000),
    logProof: null,
  };
  console.changeTicket?.(held.ticket);
  return { ticket: console.seal("ticket", held.ticket, console.signTicketsWith ?? undefined) };
}
