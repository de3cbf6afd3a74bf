import { UNKNOWN_TOOL } from "../../contract/classify";
import { type Judgement, offlineAllows, type PolicyFacts } from "../../contract/policy";
import type { Bundle } from "../../contract/v1";
import type { Standing } from "../bundle";
import type { Call, Refusal } from "../call";
import type { Step } from "../chain";
import { DO_NOT_RETRY, OFFLINE_TEXT, refusalText } from "../texts";

function facts(call: Call, bundle: Bundle): PolicyFacts {
  const { tool, toolName, message } = call;
  const args = toolName === null ? undefined : message.params?.get("arguments");
  return {
    direction: "client",
    method: call.method,
    server: { name: bundle.serverName },
    tool: tool
      ? {
          name: tool.name,
          riskClass: tool.riskClass,
          tier: tool.tier,
          annotations: tool.annotations ?? undefined,
          approved: bundle.approved.some((one) => one.tool === tool.name && one.digest === tool.digest),
        }
      : toolName === null
        ? undefined
        : { name: toolName, riskClass: UNKNOWN_TOOL.riskClass, tier: UNKNOWN_TOOL.tier },
    caller: { id: call.caller.key, name: call.caller.name, kind: call.caller.kind },
    args,
    params: message.params,
  };
}

/** A person's stop, or the end of this caller's permission. Both work in every mode, and again right before a release. */
export function stopped(call: Call, bundle: Bundle): Refusal | null {
  const stop = bundle.stops.find(
    ({ scope, target }) =>
      scope === "everything" ||
      scope === "server" ||
      (scope === "tool" && target !== null && target === call.toolName) ||
      (scope === "caller" && target === call.caller.key),
  );
  if (stop)
    return {
      code: "stopped",
      text: refusalText(`A person has stopped ${SCOPES[stop.scope]}: ${stop.reason}`, DO_NOT_RETRY),
    };
  if (bundle.revokedCallers.includes(call.caller.key))
    return { code: "revoked", text: refusalText("The permission of this caller is revoked.", DO_NOT_RETRY) };
  return null;
}

/** Rules that have become stricter since the call was held also count for it. */
export function deniedNow(call: Call, { bundle, policy }: Standing): Refusal | null {
  const judgement = policy.evaluate(facts(call, bundle));
  return judgement.effect === "deny" ? denied(judgement) : null;
}

const SCOPES = { everything: "all calls", server: "this server", tool: "this tool", caller: "this caller" };

function denied(judgement: Judgement): Refusal {
  const rule = judgement.rule ? `The rule "${judgement.rule.name ?? judgement.rule.id}"` : "The policy";
  const reasons = judgement.reasons.slice(0, 3).join(" ");
  return {
    code: "policy_denied",
    text: refusalText(`${rule} does not permit it. ${reasons}`.trim(), DO_NOT_RETRY),
  };
}

/** Asks the rules. What is decided here is final for deny, and goes on for allow and hold. */
function judge(call: Call, standing: Standing): Refusal | null {
  const { bundle, policy } = standing;
  const { agent } = call;
  const stop = stopped(call, bundle);
  if (stop) return stop;
  const now = agent.now();
  const judgement = policy.evaluate(facts(call, bundle));
  const observed = agent.observes();
  call.decision = {
    effect: judgement.effect,
    rule: judgement.rule?.id ?? null,
    policyVersion: bundle.policy.version,
    flagged: judgement.flagged,
    observed: observed ? judgement.effect : null,
  };
  if (observed) return null;
  if (judgement.effect === "deny") return denied(judgement);
  if (agent.lease.held()) return null;
  const open = judgement.effect === "allow" && now < Date.parse(bundle.notAfter);
  return open && offlineAllows(policy.document, call.method, call.tool?.riskClass)
    ? null
    : { code: "offline", text: OFFLINE_TEXT };
}

function noBundle(call: Call): Refusal {
  return {
    code: "no_bundle",
    text: refusalText(
      `The agent has no valid policy from the Assentry console${call.agent.problem ? `: ${call.agent.problem}` : "."}`,
      "Try again later.",
    ),
  };
}

/** Decides by the signed bundle in force; before the console was first heard from, a call waits for that. */
export const decide: Step = (call, next) => {
  const run = () => {
    if (call.gone !== null) return call.end();
    const { standing } = call.agent;
    if (!standing) return call.refuse(noBundle(call));
    const refusal = judge(call, standing);
    return refusal ? call.refuse(refusal) : next();
  };
  call.decideAgain = run;
  return call.agent.settled ? run() : call.agent.untilSettled().then(run);
};
