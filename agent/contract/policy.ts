import { UNKNOWN_TOOL, worstTier } from "./classify";
import {
  binder,
  type CompiledRule,
  compileRule,
  type KnownTool,
  matches,
  type PolicyFacts,
} from "./policy-rules";
import { DECIDER_ROLES, type PolicyDocument, type Rule } from "./policy-schema";
import type { Effect, RiskClass, Tier } from "./vocabulary";

export type { PolicyFacts } from "./policy-rules";
export {
  type Deciders,
  type ParsedPolicy,
  type Person,
  type PolicyDocument,
  type PolicyIssue,
  parsePolicy,
  policyDocument,
  type Rule,
  rule,
  unsatisfiableRules,
} from "./policy-schema";

export interface HoldSettings {
  readonly timeLimitMinutes: number;
  readonly approvalMinutes: number;
  readonly deciders: { readonly roles: string[]; readonly people: string[] };
}

export interface Judgement {
  readonly effect: Effect;
  /** the rule that decided; null when none matched */
  readonly rule: { readonly id: string; readonly name: string | null; readonly index: number } | null;
  readonly tier: Tier;
  /** plain sentences, each at most 400 characters */
  readonly reasons: string[];
  /** present when the effect is hold */
  readonly hold?: HoldSettings;
  /** conditions that could not be checked, by rule; none quotes the call */
  readonly conditionErrors: string[];
  /** it passes although no rule and no revision of the protocol knows it */
  readonly flagged: boolean;
}

export interface CompiledPolicy {
  readonly document: PolicyDocument;
  evaluate(facts: PolicyFacts): Judgement;
}

const MAX_NAME = 1024;
/** Characters that all conditions together may look at for one message: about a second. Beyond it they count as failed. */
const MAX_CONDITION_COST = 150_000_000;

const ANY = /^(?:ping$|tasks\/|notifications\/)/;
const FROM_CLIENT =
  /^(?:initialize$|tools\/list$|resources\/|prompts\/|completion\/complete$|logging\/setLevel$|subscriptions\/|server\/discover$)/;
const FROM_SERVER = /^(?:sampling\/createMessage$|elicitation\/create$|roots\/list$)/;

/** Methods of the protocol, other than tools/call, in the direction in which it knows them. */
export const isProtocolMethod = (method: string, direction: "client" | "server"): boolean =>
  ANY.test(method) || (direction === "client" ? FROM_CLIENT : FROM_SERVER).test(method);

/** Whether a call may pass while the console is out of reach and the bundle is still good. */
export function offlineAllows(document: PolicyDocument, method: string, riskClass?: RiskClass): boolean {
  const reads = method === "tools/call" ? riskClass === "read" : isProtocolMethod(method, "client");
  return document.offline[reads ? "read" : "other"] === "allow";
}

function holdSettings(document: PolicyDocument, given?: Rule["hold"]): HoldSettings {
  const who = given?.deciders ?? document.hold.deciders;
  return {
    timeLimitMinutes: given?.timeLimitMinutes ?? document.hold.timeLimitMinutes,
    approvalMinutes: given?.approvalMinutes ?? document.hold.approvalMinutes,
    deciders: { roles: [...(who.roles ?? [])], people: [...(who.people ?? [])] },
  };
}

const label = (given: Rule): string => given.name ?? given.id;

interface Found {
  readonly effect: Effect;
  readonly index: number;
  readonly reasons: string[];
}

/** The first rule that matches. A condition that errs counts as met by hold and deny, and as not met by allow. */
function firstMatch(
  rules: readonly CompiledRule[],
  facts: PolicyFacts,
  tool: KnownTool | undefined,
  errors: string[],
) {
  const bind = binder(facts, tool);
  let left = MAX_CONDITION_COST;
  for (const [index, compiled] of rules.entries()) {
    if (!matches(compiled, facts, tool)) continue;
    const { effect, reason } = compiled.rule;
    const reasons = [reason ?? `Rule “${label(compiled.rule)}” says so.`];
    if (compiled.condition !== null) {
      left -= compiled.condition?.cost(bind.size()) ?? 0;
      const result =
        (left >= 0 && compiled.condition?.run(bind(compiled.condition.uses))) ||
        ({ error: "failed" } as const);
      if ("error" in result) {
        const why = result.error === "missing" ? "it met a value that is not there" : "it failed";
        errors.push(`rules[${index}].when (${label(compiled.rule)}): ${why}`);
        if (effect === "allow") continue;
        reasons.push("Its condition could not be checked, so it counts as met.");
      } else if (!result.value) continue;
    }
    return { effect, index, reasons } satisfies Found;
  }
  return null;
}

function whenNothingMatches(
  facts: PolicyFacts,
  tool: KnownTool | undefined,
): Omit<Found, "index"> & { flagged: boolean } {
  if (facts.method === "tools/call" && facts.direction === "client")
    return tool?.riskClass === "read"
      ? { effect: "allow", reasons: ["No rule matches, and the tool only reads."], flagged: false }
      : { effect: "hold", reasons: ["No rule matches, and the tool may do more than read."], flagged: false };
  const known = isProtocolMethod(facts.method, facts.direction);
  const reason = known
    ? "No rule matches, and the protocol itself needs it."
    : "No rule matches this method, which is not the protocol's own; it passes and is flagged.";
  return { effect: "allow", reasons: [reason], flagged: !known };
}

function judge(document: PolicyDocument, rules: readonly CompiledRule[], facts: PolicyFacts): Judgement {
  const calls = facts.method === "tools/call" && facts.direction === "client";
  const tool = facts.tool ?? (calls ? { name: "", ...UNKNOWN_TOOL } : undefined);
  const names = [facts.method, facts.server.name, facts.caller.id, facts.caller.name, tool?.name ?? ""];
  const base = { rule: null, tier: tool?.tier ?? "low", conditionErrors: [], flagged: false } as const;
  if (names.some((name) => name.length > MAX_NAME))
    return {
      ...base,
      conditionErrors: [],
      effect: "deny",
      reasons: ["A name in the call is too long to be judged."],
    };
  const errors: string[] = [];
  const found = firstMatch(rules, facts, tool, errors);
  const chosen = found === null ? undefined : rules[found.index]?.rule;
  const settled = found ?? whenNothingMatches(facts, tool);
  let { effect } = settled;
  const reasons = [...settled.reasons];
  let by = found && chosen ? { id: chosen.id, name: chosen.name ?? null, index: found.index } : null;
  let held = chosen?.hold;
  if (calls && document.unapproved !== "ignore" && tool?.approved !== true) {
    const floor = document.unapproved;
    if (effect === "allow" || (effect === "hold" && floor === "deny")) {
      effect = floor;
      by = null;
      held = undefined;
      reasons.unshift("Nobody has approved this tool as it is now.");
    }
  }
  const flagged = "flagged" in settled && settled.flagged;
  const tier = worstTier(worstTier(base.tier, chosen?.tier ?? "low"), flagged ? "medium" : "low");
  const judgement = { effect, rule: by, tier, reasons, conditionErrors: errors, flagged };
  return effect === "hold" ? { ...judgement, hold: holdSettings(document, held) } : judgement;
}

/** Prepares a parsed document. A condition that does not compile is one that always errs. */
export function compilePolicy(document: PolicyDocument): CompiledPolicy {
  const rules = document.rules.map(compileRule);
  return { document, evaluate: (facts) => judge(document, rules, facts) };
}

const compiledPolicies = new WeakMap<PolicyDocument, CompiledPolicy>();

/** Judges one message; the first rule that matches decides. The document is compiled once and must not change. */
export function evaluate(document: PolicyDocument, facts: PolicyFacts): Judgement {
  let compiled = compiledPolicies.get(document);
  if (compiled === undefined) {
    compiled = compilePolicy(document);
    compiledPolicies.set(document, compiled);
  }
  return compiled.evaluate(facts);
}

/** The shipped policy: what only reads passes, every other tool call waits for a person. */
export const DEFAULT_POLICY: PolicyDocument = {
  version: 1,
  rules: [
    {
      id: "tools-that-read",
      name: "Tools that only read",
      match: { methods: ["tools/call"], classes: ["read"], direction: "client" },
      effect: "allow",
    },
    {
      id: "resources-and-prompts",
      name: "Reads of resources and prompts",
      match: { methods: ["resources/*", "prompts/*", "completion/complete"], direction: "client" },
      effect: "allow",
    },
    {
      id: "every-other-tool",
      name: "Every other tool call",
      match: { methods: ["tools/call"], direction: "client" },
      effect: "hold",
      reason: "The tool may do more than read.",
    },
  ],
  unapproved: "ignore",
  offline: { read: "allow", other: "refuse" },
  hold: { timeLimitMinutes: 30, approvalMinutes: 15, deciders: { roles: [...DECIDER_ROLES] } },
};
