import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parsePolicy } from "@/agent/contract/policy";
import { compileCondition } from "@/agent/contract/policy-cel";
import { REQUEST_STATES } from "@/agent/contract/vocabulary";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const PAGES = [
  "README.md",
  "agent/README.md",
  ...readdirSync(path.join(ROOT, "docs")).map((f) => `docs/${f}`),
].filter((file) => file.endsWith(".md") && existsSync(path.join(ROOT, file)));

describe("the documents", () => {
  it("show a policy that can be published and conditions that compile", () => {
    const text = read("docs/policies.md");
    const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    expect(parsePolicy(JSON.parse(example))).toMatchObject({ ok: true });
    const conditions = (/```\n(has\([\s\S]*?)```/.exec(text)?.[1] ?? "").trim().split("\n");
    expect(conditions).toHaveLength(3);
    for (const condition of conditions)
      expect(compileCondition(condition), condition).toHaveProperty("condition");
  });

  it("name every state of a held call", () => {
    const text = read("docs/held-calls.md");
    expect(REQUEST_STATES.filter((state) => !text.includes(state))).toEqual([]);
  });

  it("name every variable that the console and the agent read", () => {
    const known = new Set(
      PAGES.flatMap((file) => read(file).match(/\b(?:ASSENTRY|AUTH|DATABASE)_[A-Z_]+/g) ?? []),
    );
    const variables = ["lib/core/env.ts", "agent/src/config.ts"].flatMap(
      (file) => read(file).match(/\b(?:ASSENTRY|AUTH|DATABASE)_[A-Z_]*[A-Z]\b/g) ?? [],
    );
    expect(variables.length).toBeGreaterThan(20);
    // Said in tests and by the launcher, to nobody else.
    const inner = new Set(["ASSENTRY_QUIET", "ASSENTRY_KEY"]);
    expect(variables.filter((name) => !known.has(name) && !inner.has(name))).toEqual([]);
  });

  it("lead to files that are there", () => {
    const broken = PAGES.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => path.join(path.dirname(file), target as string))
        .filter((target) => !existsSync(path.join(ROOT, target)))
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
