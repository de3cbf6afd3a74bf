import { callDigestText } from "@/agent/contract/canonical";

import { ScanError, scanJson } from "@/agent/contract/scan";
import type { HoldInput } from "@/agent/contract/v1";
import type { Tx } from "@/db/client";
import type { HoldSnapshot } from "@/db/schema/requests";
import { sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { policyOf } from "@/lib/policy/compiled";

/**
 * The console trusts no agent's word for what a call is: it scans the text again, computes the digest itself, and
 * evaluates the standing policy with the same code. Throws when anything differs from what the agent said.
 */
export async function judgeAgain(
  tx: Pick<Tx, "select">,
  standingVersion: number,
  serverName: string,
  input: HoldInput,
) {
  if (input.policyVersion !== standingVersion) {
    throw new AppError("stale_bundle", `Policy version ${standingVersion} is in force.`, {
      details: { policyVersion: standingVersion },
    });
  }
  let params: ReturnType<typeof scanJson>;
  try {
    params = scanJson(input.paramsText, { lineBreaks: "allow" });
  } catch (error) {
    if (error instanceof ScanError) throw new AppError("malformed", `The call's params: ${error.message}`);
    throw error;
  }
  if (sha256(callDigestText(input.method, params)) !== input.callDigest) {
    throw new AppError("digest_mismatch", "The digest is not that of the call's text.");
  }
  const tool = params.type === "object" ? params.get("name") : undefined;
  if (input.method === "tools/call" && !(tool?.type === "string" && tool.value === input.tool?.name)) {
    throw new AppError("digest_mismatch", "The call names another tool than the agent says.");
  }
  const args = params.type === "object" ? params.get("arguments") : undefined;
  const judgement = (await policyOf(tx, standingVersion)).evaluate({
    direction: "client",
    method: input.method,
    server: { name: serverName },
    tool: input.tool
      ? {
          name: input.tool.name,
          riskClass: input.tool.riskClass,
          tier: input.tool.tier,
          annotations: input.tool.annotations ?? undefined,
        }
      : undefined,
    caller: { id: input.caller.key, name: input.caller.name, kind: input.caller.kind },
    args,
    params,
  });
  if (judgement.effect !== "hold" || !judgement.hold) {
    throw new AppError("conflict", `The policy in force says ${judgement.effect}, not hold.`);
  }
  const hold: Omit<HoldSnapshot, "postureAtOpen"> = {
    rule: judgement.rule,
    reasons: [...judgement.reasons, ...(input.tool?.reasons ?? [])].slice(0, 30),
    conditionErrors: judgement.conditionErrors,
    approvalMinutes: judgement.hold.approvalMinutes,
    deciders: { roles: judgement.hold.deciders.roles ?? [], people: judgement.hold.deciders.people ?? [] },
  };
  return { tier: judgement.tier, hold, timeLimitMinutes: judgement.hold.timeLimitMinutes };
}
