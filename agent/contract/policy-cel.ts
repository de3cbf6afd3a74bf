import {
  type CelInput,
  CelScalar,
  celEnv,
  celError,
  celFunc,
  celListConcat,
  celMethod,
  isCelError,
  listType,
  parse,
  plan,
} from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { MAX_CONDITION_LIST } from "./policy-cel-values";

export const MAX_CONDITION = 2000;
const MAX_DEPTH = 32;
const MAX_LOOPS = 8;
const MAX_LOOP_NESTING = 2;

/** What a condition may name. */
export const CONDITION_VARIABLES = ["args", "params", "tool", "server", "caller", "method"] as const;
export type ConditionVariable = (typeof CONDITION_VARIABLES)[number];

// A closed list: nothing here can make a text or a list much larger than what it was given.
const FUNCTIONS: ReadonlySet<string> = new Set(
  "_&&_ _||_ !_ _?_:_ _==_ _!=_ _<_ _<=_ _>_ _>=_ _+_ _-_ _*_ _/_ _%_ -_ @in _[_] @not_strictly_false int uint double bool string type dyn timestamp duration size contains startsWith endsWith matches charAt indexOf lastIndexOf lowerAscii upperAscii substring split trim".split(
    " ",
  ),
);
const TYPES: ReadonlySet<string> = new Set(
  "int uint double bool string bytes list map null_type type".split(" "),
);

// What takes longer the longer its operands are; all else takes the same time whatever it is given.
const HEAVY: ReadonlySet<string> = new Set(
  "_==_ _!=_ _<_ _<=_ _>_ _>=_ _+_ @in int uint double string timestamp duration size contains startsWith endsWith matches charAt indexOf lastIndexOf lowerAscii upperAscii substring split trim".split(
    " ",
  ),
);

const { STRING, DYN } = CelScalar;
const LIST = listType(DYN);
const bounded = (size: number): void => {
  if (size > MAX_CONDITION_LIST) throw new Error("a list is too long");
};

const makeEnv = () =>
  celEnv({
    funcs: [
      ...strings.filter((func) => FUNCTIONS.has(func.name) && func.name !== "split"),
      celMethod("split", STRING, [STRING], LIST, function (separator) {
        const parts = this.split(separator, MAX_CONDITION_LIST + 1);
        bounded(parts.length);
        return parts;
      }),
      celFunc("_+_", [LIST, LIST], LIST, (a, b) => {
        bounded(a.size + b.size);
        return celListConcat(a, b);
      }),
    ],
  });
let sharedEnv: ReturnType<typeof makeEnv> | undefined;

type Expr = ReturnType<typeof parse>["expr"];

class Refused extends Error {}

interface Walk {
  readonly uses: Set<ConditionVariable>;
  loops: number;
  /** calls of what is heavy: outside of loops, in a loop, in a loop within a loop */
  readonly heavy: number[];
  /** the longest list and text that the condition itself writes */
  list: number;
  text: number;
  splits: boolean;
}

const isVariable = (name: string): name is ConditionVariable =>
  (CONDITION_VARIABLES as readonly string[]).includes(name);

/** Refuses names and functions that do not exist, patterns that are no literals, and what nests too deeply. */
function walk(
  expr: Expr | undefined,
  scope: readonly string[],
  depth: number,
  nesting: number,
  state: Walk,
): void {
  if (expr === undefined) throw new Refused("is incomplete");
  if (depth > MAX_DEPTH) throw new Refused(`is nested deeper than ${MAX_DEPTH} levels`);
  const inner = (child: Expr | undefined): void => walk(child, scope, depth + 1, nesting, state);
  const { case: kind, value } = expr.exprKind;
  switch (kind) {
    case "constExpr":
      if (value.constantKind.case === "stringValue")
        state.text = Math.max(state.text, value.constantKind.value.length);
      return;
    case "identExpr":
      if (scope.includes(value.name) || TYPES.has(value.name)) return;
      if (!isVariable(value.name)) throw new Refused(`names “${value.name}”, which does not exist`);
      state.uses.add(value.name);
      return;
    case "selectExpr":
      inner(value.operand);
      return;
    case "listExpr":
      state.list = Math.max(state.list, value.elements.length);
      value.elements.forEach(inner);
      return;
    case "structExpr":
      if (value.messageName !== "") throw new Refused(`makes a “${value.messageName}”, which does not exist`);
      for (const entry of value.entries) {
        if (entry.keyKind.case === "mapKey") inner(entry.keyKind.value);
        inner(entry.value);
      }
      return;
    case "callExpr": {
      if (!FUNCTIONS.has(value.function))
        throw new Refused(`calls “${value.function}”, which does not exist`);
      if (value.function === "matches") checkPattern(value.args.at(-1));
      if (value.function === "split") state.splits = true;
      if (HEAVY.has(value.function)) state.heavy[nesting] = (state.heavy[nesting] ?? 0) + 1;
      if (value.function === "@in" && nesting >= MAX_LOOP_NESTING)
        throw new Refused("looks through a list inside two loops over lists");
      if (value.target) inner(value.target);
      value.args.forEach(inner);
      return;
    }
    case "comprehensionExpr": {
      if (++state.loops > MAX_LOOPS) throw new Refused(`has more than ${MAX_LOOPS} loops over lists`);
      if (nesting >= MAX_LOOP_NESTING)
        throw new Refused(`has loops over lists nested deeper than ${MAX_LOOP_NESTING} levels`);
      if (nesting > 0 && value.accuInit?.exprKind.case === "listExpr")
        throw new Refused("builds a list inside a loop over a list");
      inner(value.iterRange);
      const bound = [...scope, value.accuVar, value.iterVar, value.iterVar2].filter((name) => name !== "");
      for (const part of [value.accuInit, value.loopCondition, value.loopStep, value.result])
        walk(part, bound, depth + 1, nesting + 1, state);
      return;
    }
    default:
      throw new Refused("has a part that is not understood");
  }
}

function checkPattern(pattern: Expr | undefined): void {
  const literal = pattern?.exprKind.case === "constExpr" ? pattern.exprKind.value.constantKind : undefined;
  if (literal?.case !== "stringValue") throw new Refused("matches against a pattern that is not written out");
  const tried = plan(environment(), parse("x.matches(y)"))({ x: "", y: literal.value });
  if (isCelError(tried)) throw new Refused("has a regular expression that cannot be read");
}

const environment = (): ReturnType<typeof makeEnv> => {
  sharedEnv ??= makeEnv();
  return sharedEnv;
};

export type ConditionResult =
  | { readonly value: boolean }
  /** "missing": it met a value that is not there; the words never quote the call */
  | { readonly error: "missing" | "failed" };

export interface Condition {
  readonly uses: ReadonlySet<ConditionVariable>;
  run(bindings: Readonly<Record<string, CelInput>>): ConditionResult;
  /** how many characters it may have to look at, at most, on input of this size */
  cost(input: { readonly text: number; readonly list: number }): number;
}

/** Compiles a condition, or says in words why it is refused. */
export function compileCondition(source: string): { condition: Condition } | { problem: string } {
  if (source.length > MAX_CONDITION) return { problem: `is longer than ${MAX_CONDITION} characters` };
  const state: Walk = { uses: new Set(), loops: 0, heavy: [0, 0, 0], list: 1, text: 1, splits: false };
  try {
    const parsed = parse(source);
    walk(parsed.expr, [], 0, 0, state);
    const evaluate = plan(environment(), parsed);
    const cost: Condition["cost"] = (input) => {
      const text = Math.max(input.text, state.text);
      const list = Math.max(input.list, state.list, state.splits ? Math.min(MAX_CONDITION_LIST, text) : 0);
      return state.heavy.reduce((sum, calls, nesting) => sum + calls * list ** nesting * text, 0);
    };
    return { condition: { uses: state.uses, run: (bindings) => settle(evaluate(bindings)), cost } };
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message };
    const place = error instanceof Error ? /:(\d+):(\d+): (.{0,120})/.exec(error.message) : null;
    return {
      problem: place
        ? `cannot be read at line ${place[1]}, column ${place[2]}: ${place[3]}`
        : "cannot be read",
    };
  }
}

function settle(result: unknown): ConditionResult {
  if (typeof result === "boolean") return { value: result };
  if (!isCelError(result)) return { error: "failed" };
  return {
    error: /^(?:field not found|unresolved attribute|index )/.test(result.message) ? "missing" : "failed",
  };
}

/** Stands for a variable whose value cannot be judged: a condition that reads it errs. */
export const unreadable = (): CelInput => celError("the value cannot be judged") as unknown as CelInput;
