import { type Finding, nameTokens, readName } from "./classify-text";
import { STRONG_WORDS } from "./classify-words";
import type { RiskClass } from "./vocabulary";

const MAX_NODES = 2000;
const MAX_DEPTH = 12;

const RUN_INPUTS = new Set("command cmd script shell sql javascript".split(" "));
const REACH_INPUTS = new Set("url urls webhook callback endpoint recipient recipients cc bcc".split(" "));
const ACTION_INPUTS = new Set("action operation op method mode command verb".split(" "));
const WRITE_OPENERS = new Set("create write update insert append save add".split(" "));
const TIME_WORDS = new Set("time date at by on".split(" "));

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const takes = (harm: RiskClass, word: string): Finding => ({ harm, reason: `It takes an input “${word}”.` });

function readInput(name: string, schema: unknown): Finding[] {
  const found: Finding[] = [];
  const tokens = nameTokens(name);
  const description = isObject(schema) && typeof schema.description === "string" ? schema.description : "";
  const [first = "", second = ""] = tokens;
  for (const token of tokens) {
    if (RUN_INPUTS.has(token)) found.push(takes("execute", token));
    if (REACH_INPUTS.has(token)) found.push(takes("external", token));
  }
  const prose = description.slice(0, 2000).toLowerCase();
  if (first === "code" && /\b(?:run|execut|evaluat|snippet|script|javascript|python)/.test(prose))
    found.push(takes("execute", "code"));
  if ((first === "query" || first === "statement") && /\bsql\b/.test(prose))
    found.push(takes("execute", "sql"));
  if (first === "force" || STRONG_WORDS.get(first) === "destructive") found.push(takes("destructive", first));
  if (first === "dry" && second === "run") found.push(takes("write", "dry run"));
  if (WRITE_OPENERS.has(first) && !TIME_WORDS.has(second)) found.push(takes("write", first));
  if (ACTION_INPUTS.has(first) && isObject(schema)) {
    const values = Array.isArray(schema.enum) ? schema.enum : "const" in schema ? [schema.const] : [];
    for (const value of values.slice(0, 200))
      if (typeof value === "string") found.push(...readName(value, "One of its actions"));
  }
  return found;
}

/** What the inputs of a tool say about it: their names, and the actions they enumerate. Never follows a `$ref`. */
export function readSchema(schema: unknown): Finding[] {
  const found: Finding[] = [];
  const queue: { value: unknown; depth: number }[] = [{ value: schema, depth: 0 }];
  let nodes = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { value, depth } = next;
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      found.push({ harm: "write", reason: "The input schema is too large to be judged." });
      break;
    }
    if (Array.isArray(value))
      for (const item of value.slice(0, MAX_NODES)) queue.push({ value: item, depth: depth + 1 });
    if (!isObject(value)) continue;
    if (isObject(value.properties))
      for (const [name, property] of Object.entries(value.properties)) {
        found.push(...readInput(name, property));
        queue.push({ value: property, depth: depth + 1 });
      }
    for (const key of [
      "items",
      "prefixItems",
      "anyOf",
      "oneOf",
      "allOf",
      "not",
      "if",
      "then",
      "else",
      "additionalProperties",
    ])
      if (typeof value[key] === "object") queue.push({ value: value[key], depth: depth + 1 });
    for (const key of ["$defs", "definitions", "patternProperties", "dependentSchemas"]) {
      const group = value[key];
      if (isObject(group))
        for (const item of Object.values(group)) queue.push({ value: item, depth: depth + 1 });
    }
  }
  return found;
}
