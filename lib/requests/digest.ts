import { canonicalValue } from "@/agent/contract/canonical";
import { sha256 } from "@/lib/core/crypto";

/** What an approver decides on and a ticket names: everything that makes this call this call. */
export function requestDigest(facts: {
  serverId: string;
  method: string;
  tool: string | null;
  toolDigest: string | null;
  callDigest: string;
  callerKey: string;
  nonce: string;
  requestedAt: Date;
}): string {
  return sha256(canonicalValue({ ...facts, requestedAt: facts.requestedAt.toISOString(), v: 1 }));
}
