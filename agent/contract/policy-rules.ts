import type { CelInput } from "@bufbuild/cel";
import type { ToolAnnotations } from "./classify";
import type { JsonNode } from "./json-node";
import { type Condition, compileCondition, unreadable } from "./policy-cel";
import { conditionMap, conditionValue, sizeOf } from "./policy-cel-values";
import { compileGlob, type Glob } from "./policy-glob";
import type { Rule } from "./policy-schema";
import type { RiskClass, Tier } from "./vocabulary";

export interface PolicyFacts {
  /** who sent the message */
  readonly direction: "client" | "server";
  readonly method: string;
  readonly server: { readonly name: string };
  /** of tools/call; left out, the tool counts as unknown: destructive and high */
  readonly tool?: {
    readonly name: string;
    readonly riskClass: RiskClass;
    readonly tier: Tier;
    readonly annotations?: ToolAnnotations;
    /** the digest in use is one that a reviewer approved */
    readonly approved?: boolean;
  };
  /** as the agent established it, never the client's own word; allow rules match `id` only */
  readonly caller: { readonly id: string; readonly name: string; readonly kind: string };
  /** `params.arguments` of tools/call */
  readonly args?: JsonNode;
  readonly params?: JsonNode;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly methods: Glob[];
  readonly servers?: Glob[];
  readonly tools?: Glob[];
  readonly callers?: Glob[];
  /** null: it has none; undefined: it does not compile, and so always errs */
  readonly condition: Condition | null | undefined;
}

const some = (globs: readonly Glob[], text: string): boolean => globs.some((glob) => glob(text));

// A hint that a server does not give is taken at the protocol's default.
const HINT_DEFAULTS = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};
const HINTS = Object.keys(HINT_DEFAULTS) as (keyof typeof HINT_DEFAULTS)[];

export type KnownTool = NonNullable<PolicyFacts["tool"]>;

/** Whether everything a rule asks of a message but its condition holds. */
export function matches(compiled: CompiledRule, facts: PolicyFacts, tool: KnownTool | undefined): boolean {
  const { match, effect } = compiled.rule;
  if (match.direction !== facts.direction || !some(compiled.methods, facts.method)) return false;
  if (compiled.servers && !some(compiled.servers, facts.server.name)) return false;
  if (compiled.tools && !(tool && some(compiled.tools, tool.name))) return false;
  if (match.classes && !(tool && match.classes.includes(tool.riskClass))) return false;
  if (match.annotations) {
    if (!tool) return false;
    for (const hint of HINTS) {
      const wanted = match.annotations[hint];
      if (wanted !== undefined && wanted !== (tool.annotations?.[hint] ?? HINT_DEFAULTS[hint])) return false;
    }
  }
  if (!compiled.callers) return true;
  return (
    some(compiled.callers, facts.caller.id) ||
    (effect !== "allow" && some(compiled.callers, facts.caller.name))
  );
}

const textMap = (entries: Record<string, CelInput>): CelInput =>
  conditionMap(new Map(Object.entries(entries)));

const fromNode = (node: JsonNode | undefined): CelInput => {
  if (node === undefined || node.type === "null") return conditionMap(new Map());
  try {
    return conditionValue(node);
  } catch {
    return unreadable();
  }
};

/** Variables of conditions, each made when the first condition needs it. */
export function binder(facts: PolicyFacts, tool: KnownTool | undefined) {
  const made: Record<string, CelInput> = Object.create(null);
  const make: Record<string, () => CelInput> = {
    args: () => fromNode(facts.args),
    params: () => fromNode(facts.params),
    method: () => facts.method,
    server: () => textMap({ name: facts.server.name }),
    caller: () => textMap({ id: facts.caller.id, name: facts.caller.name, kind: facts.caller.kind }),
    tool: () => {
      if (tool === undefined) return conditionMap(new Map());
      const hints = HINTS.flatMap((hint) => {
        const value = tool.annotations?.[hint];
        return value === undefined ? [] : [[hint, value] as const];
      });
      const annotations = conditionMap(new Map(hints));
      return textMap({ name: tool.name, riskClass: tool.riskClass, tier: tool.tier, annotations });
    },
  };
  const bind = (uses: ReadonlySet<string>): Record<string, CelInput> => {
    for (const name of uses) made[name] ??= make[name]?.() ?? unreadable();
    return made;
  };
  const names = Math.max(
    ...[facts.method, facts.server.name, facts.caller.id, facts.caller.name, tool?.name ?? ""].map(
      (name) => name.length,
    ),
  );
  let size: { text: number; list: number } | undefined;
  /** what the longest value that a condition can reach measures */
  const measure = () => {
    size ??= ((args, params) => ({
      text: Math.max(names, args.text, params.text),
      list: Math.max(args.list, params.list),
    }))(sizeOf(facts.args), sizeOf(facts.params));
    return size;
  };
  return Object.assign(bind, { size: measure });
}

export function compileRule(given: Rule): CompiledRule {
  const { match, when } = given;
  const compiled = when === undefined ? null : compileCondition(when);
  return {
    rule: given,
    methods: match.methods.map(compileGlob),
    servers: match.servers?.map(compileGlob),
    tools: match.tools?.map(compileGlob),
    callers: match.callers?.map(compileGlob),
    condition: compiled === null ? null : "condition" in compiled ? compiled.condition : undefined,
  };
}
