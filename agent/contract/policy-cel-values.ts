import { type CelInput, celList, celMap } from "@bufbuild/cel";
import type { JsonNode } from "./json-node";
import { canonicalNumber, isIntegerToken } from "./number";

/** Bounds of what a condition is run on; beyond them it errs. */
export const MAX_CONDITION_TEXT = 256 * 1024;
export const MAX_CONDITION_LIST = 500;
const MAX_CONDITION_NODES = 20_000;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A value that a condition cannot be run on. The message never quotes it. */
export class ConditionInputError extends Error {}

/** Length of the text, and of the longest list or object in it. */
export function sizeOf(node: JsonNode | undefined): { text: number; list: number } {
  if (node === undefined) return { text: 0, list: 0 };
  const inner =
    node.type === "object" ? node.members.map((m) => m.value) : node.type === "array" ? node.items : [];
  const list = inner.reduce((most, each) => Math.max(most, sizeOf(each).list), inner.length);
  return { text: node.end - node.start, list };
}

/** A CEL map. The library's own presence test takes a null for an absent value, so it is replaced. */
export function conditionMap(entries: ReadonlyMap<string, CelInput>): CelInput {
  return Object.defineProperty(celMap(entries), "has", {
    value: (key: unknown) => typeof key === "string" && entries.has(key),
  });
}

/** A number as CEL has it: int64 for whole-number tokens, else a double that says exactly what the token says. */
function conditionNumber(source: string): bigint | number {
  if (isIntegerToken(source)) {
    if (source.length > 20) throw new ConditionInputError("an integer is outside 64 bits");
    const value = BigInt(source);
    if (value > INT64_MAX || value < INT64_MIN)
      throw new ConditionInputError("an integer is outside 64 bits");
    return value;
  }
  const value = Number(source);
  if (!Number.isFinite(value) || canonicalNumber(source) !== String(value === 0 ? 0 : value))
    throw new ConditionInputError("a number is not exactly a double");
  return value;
}

/** Turns what was scanned into what a condition reads. Throws ConditionInputError. */
export function conditionValue(node: JsonNode): CelInput {
  if (node.end - node.start > MAX_CONDITION_TEXT) throw new ConditionInputError("the text is too long");
  let nodes = 0;
  const convert = (value: JsonNode): CelInput => {
    if (++nodes > MAX_CONDITION_NODES) throw new ConditionInputError("there are too many values");
    switch (value.type) {
      case "object":
        if (value.members.length > MAX_CONDITION_LIST)
          throw new ConditionInputError("an object is too large");
        return conditionMap(new Map(value.members.map((member) => [member.key, convert(member.value)])));
      case "array":
        if (value.items.length > MAX_CONDITION_LIST) throw new ConditionInputError("a list is too long");
        return celList(value.items.map(convert));
      case "string":
        return value.value;
      case "number":
        return conditionNumber(value.source);
      case "null":
        return null;
      default:
        return value.type === "true";
    }
  };
  return convert(node);
}
