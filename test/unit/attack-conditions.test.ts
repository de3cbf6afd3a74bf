import { describe, expect, it } from "vitest";
import { compilePolicy, parsePolicy } from "@/agent/contract/policy";
import { compileCondition } from "@/agent/contract/policy-cel";
import { scanJson } from "@/agent/contract/scan";

const LIST = Array.from({ length: 400 }, (_, i) => i);
const LONG = JSON.stringify({ l: LIST, s: "a".repeat(90_000) });

function judge(when: string, args: string, rules = 1) {
  const parsed = parsePolicy({
    version: 1,
    rules: Array.from({ length: rules }, (_, i) => ({
      id: `r${i}`,
      match: { methods: ["*"] },
      when,
      effect: "allow",
    })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return compilePolicy(parsed.document).evaluate({
    direction: "client",
    method: "tools/call",
    server: { name: "files" },
    tool: { name: "write_file", riskClass: "write", tier: "medium" },
    caller: { id: "os:ann", name: "ann", kind: "os_user" },
    args: scanJson(args),
  });
}

/** Whoever may try a policy must not be able to stop the console, and its heartbeats, with one request. */
describe("a condition that costs too much", () => {
  it.each([
    "args.l.exists(x, args.l.exists(y, args.s.size() == 0))",
    "args.l.exists(x, args.l.exists(y, args == args && args.s.lowerAscii() == 'b'))",
    "args.s.split('').exists(x, args.s.split('').exists(y, args.s.matches('(a|b)*c')))",
  ])("counts as failed: %s", (when) => {
    const judged = judge(when, LONG);
    expect(judged.effect).toBe("hold");
    expect(judged.conditionErrors).toEqual(["rules[0].when (r0): it failed"]);
  });

  it("is counted over all rules together", () => {
    const chain = Array.from({ length: 20 }, () => "args.s.contains('b')").join(" || ");
    expect(judge(chain, LONG).conditionErrors).toEqual([]);
    expect(judge(chain, LONG, 200).conditionErrors.length).toBeGreaterThan(50);
  });

  it("is not one that people write", () => {
    const files = JSON.stringify({ paths: LIST.map((i) => `/srv/data/${i}`), text: "a".repeat(20_000) });
    expect(judge("args.paths.all(p, p.startsWith('/srv/'))", files).effect).toBe("allow");
    expect(
      judge(
        "args.l.exists(x, args.l.exists(y, x + y == 198))",
        `{"l":${JSON.stringify(LIST.slice(0, 100))}}`,
      ),
    ).toMatchObject({
      effect: "allow",
    });
    const long = JSON.stringify({ s: "a".repeat(200_000) });
    expect(judge("args.s.contains('b') || args.s.size() > 10", long, 150).conditionErrors).toEqual([]);
    expect(
      judge("'a,b,c'.split(',').exists(x, args.s.split(',').exists(y, x == y))", '{"s":"q,c"}').effect,
    ).toBe("allow");
  });

  it("says what it may cost", () => {
    const compiled = compileCondition("args.l.exists(x, args.l.exists(y, args.s.size() == 0))");
    if ("problem" in compiled) throw new Error(compiled.problem);
    expect(compiled.condition.cost({ text: 1000, list: 100 })).toBeGreaterThanOrEqual(100 * 100 * 1000);
  });
});
