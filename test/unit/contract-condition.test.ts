import { describe, expect, it } from "vitest";
import { compilePolicy, type PolicyFacts, parsePolicy } from "@/agent/contract/policy";
import { compileCondition } from "@/agent/contract/policy-cel";
import { scanJson } from "@/agent/contract/scan";

const facts = (args?: string, over: Partial<PolicyFacts> = {}): PolicyFacts => ({
  direction: "client",
  method: "tools/call",
  server: { name: "files" },
  tool: { name: "write_file", riskClass: "write", tier: "medium", annotations: { readOnlyHint: false } },
  caller: { id: "os:ann", name: "ann", kind: "os_user" },
  args: args === undefined ? undefined : scanJson(args),
  params: args === undefined ? undefined : scanJson(`{"name":"write_file","arguments":${args}}`),
  ...over,
});

/** What a rule with this condition says, by effect: whether it counted as met, and whether it erred. */
function met(when: string, args?: string, over?: Partial<PolicyFacts>): string {
  const verdicts = (["allow", "hold", "deny"] as const).map((effect) => {
    const parsed = parsePolicy({ version: 1, rules: [{ id: "r", match: { methods: ["*"] }, when, effect }] });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const judged = compilePolicy(parsed.document).evaluate(facts(args, over));
    return { met: judged.rule !== null, erred: judged.conditionErrors.length > 0 };
  });
  const [allow, hold, deny] = verdicts.map((verdict) => verdict.met);
  if (verdicts.every((verdict) => verdict.erred)) {
    expect([allow, hold, deny]).toEqual([false, true, true]);
    return "error";
  }
  expect(verdicts.some((verdict) => verdict.erred)).toBe(false);
  expect([hold, deny]).toEqual([allow, allow]);
  return String(allow);
}

describe("conditions", () => {
  it.each([
    ['args.path.startsWith("/tmp/")', '{"path":"/tmp/x"}', "true"],
    ['args.path.startsWith("/tmp/")', '{"path":"/etc/x"}', "false"],
    ['args.path.startsWith("/tmp/")', "{}", "error"],
    ['args.path.startsWith("/tmp/")', '{"path":null}', "error"],
    ['args.path.startsWith("/tmp/")', '{"path":["/tmp/"]}', "error"],
    ['args.path.startsWith("/tmp/")', undefined, "error"],
    ["args.n > 100", '{"n":101}', "true"],
    ["args.n > 100", '{"n":"101"}', "error"],
    ["args.n > 100", '{"n":100.5}', "true"],
    ["args.n > 100", '{"n":1e3}', "true"],
    ["!(args.n <= 100)", "{}", "error"],
    ["args.n == 9007199254740993", '{"n":9007199254740993}', "true"],
    ["args.n == 9007199254740993", '{"n":9007199254740992}', "false"],
    ["args.n == 9223372036854775807", '{"n":9223372036854775807}', "true"],
    ["args.n == -9223372036854775808", '{"n":-9223372036854775808}', "true"],
    ["args.n > 0", '{"n":9223372036854775808}', "error"],
    ["args.n > 0", '{"n":-9223372036854775809}', "error"],
    ["args.n > 0", `{"n":${"9".repeat(4000)}}`, "error"],
    ["args.n > 0", '{"n":1e400}', "error"],
    ["args.n > 0.0", '{"n":0.1000000000000000055}', "error"],
    ["args.n >= 0.1", '{"n":0.10}', "true"],
    ["args.n + 1 > 0", '{"n":9223372036854775807}', "error"],
    ["args.n / 0 == 1", '{"n":1}', "error"],
    ["args.l.exists(x, x == 3)", '{"l":[1,2,3]}', "true"],
    ["args.l.all(x, x < 3)", '{"l":[1,2,3]}', "false"],
    ["args.l.all(x, x < 3)", '{"l":[1,"a"]}', "error"],
    ["args.l[0] == 1", '{"l":[1]}', "true"],
    ["args.l[5] == 1", '{"l":[1]}', "error"],
    ["size(args.l.map(x, x * 2) + [1]) == 4", '{"l":[1,2,3]}', "true"],
    ['args.s.split(",").exists(p, p.trim() == "b")', '{"s":"a, b"}', "true"],
    ['args.s.lowerAscii().contains("drop table")', '{"s":"DROP TABLE x"}', "true"],
    ['args.s.matches("^[a-z]+$")', '{"s":"abc"}', "true"],
    ["args.deep.a.b == 1", '{"deep":{"a":{"b":1}}}', "true"],
    ["args.deep.a.b == 1", '{"deep":{"a":{}}}', "error"],
    ["has(args.x)", "{}", "false"],
    ["has(args.x)", '{"x":1}', "true"],
    ["has(args.x)", '{"x":null}', "true"],
    ['"x" in args', '{"x":null}', "true"],
    ['"x" in args', "{}", "false"],
    ["has(args.x) && args.x == 1", "{}", "false"],
    ["has(args.x.y)", "{}", "error"],
    ["args.x", '{"x":true}', "true"],
    ["args.x", '{"x":"true"}', "error"],
    ["args.x", '{"x":1}', "error"],
    ['params.name == "write_file"', "{}", "true"],
    ['params.arguments.x == "a"', '{"x":"a"}', "true"],
    ['tool.name == "write_file" && tool.riskClass == "write" && tool.tier == "medium"', "{}", "true"],
    ["tool.annotations.readOnlyHint", "{}", "false"],
    ["tool.annotations.destructiveHint", "{}", "error"],
    [
      'server.name == "files" && method == "tools/call" && caller.id == "os:ann" && caller.kind == "os_user"',
      "{}",
      "true",
    ],
  ])("%s on %s: %s", (when, args, expected) => {
    expect(met(when, args)).toBe(expected);
  });

  it("has no surprises from prototypes", () => {
    for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty", "size", "get"]) {
      expect(met(`has(args.${key})`, "{}")).toBe("false");
      expect(met(`"${key}" in args`, "{}")).toBe("false");
      expect(met(`args["${key}"] == 1`, "{}")).toBe("error");
      expect(met(`args["${key}"] == 1`, `{"${key}":1}`)).toBe("true");
    }
    expect(met("args.admin", '{"__proto__":{"admin":true}}')).toBe("error");
  });

  it("looks only at what the condition names", () => {
    expect(met('server.name == "files"', '{"n":9223372036854775808}')).toBe("true");
  });

  it("errs beyond its bounds", () => {
    const list = (n: number) => `{"l":[${Array.from({ length: n }, () => "1").join()}]}`;
    expect(met("args.l.all(x, x == 1)", list(500))).toBe("true");
    expect(met("args.l.all(x, x == 1)", list(501))).toBe("error");
    expect(met("size(args.l + args.l) > 0", list(300))).toBe("error");
    expect(met('size(args.s.split("")) > 0', `{"s":"${"x".repeat(501)}"}`)).toBe("error");
    expect(met('size(args.s.split("")) > 0', `{"s":"${"x".repeat(500)}"}`)).toBe("true");
    expect(met('args.s == ""', `{"s":"${"x".repeat(256 * 1024)}"}`)).toBe("error");
    const members = `{${Array.from({ length: 501 }, (_, i) => `"k${i}":1`).join()}}`;
    expect(met("args.k0 == 1", members)).toBe("error");
    const wide = `{"l":[${Array.from({ length: 50 }, () => `[${"1,".repeat(449)}1]`).join()}]}`;
    expect(met("size(args.l) == 50", wide)).toBe("error");
  });

  it("says of errors which rule, and nothing of the call", () => {
    const parsed = parsePolicy({
      version: 1,
      rules: [
        { id: "a", name: "First", match: {}, effect: "allow", when: "args.path == 1 && args.other" },
        { id: "b", match: {}, effect: "hold", when: "int(args.path) > 1" },
      ],
    });
    if (!parsed.ok) throw new Error("does not parse");
    const judged = compilePolicy(parsed.document).evaluate(facts('{"path":"hunter2","other":"hunter2"}'));
    expect(judged).toMatchObject({ effect: "hold", rule: { id: "b", index: 1 } });
    expect(judged.conditionErrors).toEqual(["rules[1].when (b): it failed"]);
    const missing = compilePolicy(parsed.document).evaluate(facts("{}"));
    expect(missing.conditionErrors).toEqual([
      "rules[0].when (First): it met a value that is not there",
      "rules[1].when (b): it met a value that is not there",
    ]);
    expect(JSON.stringify(judged)).not.toContain("hunter2");
    expect(judged.reasons).toContain("Its condition could not be checked, so it counts as met.");
  });
});

describe("compileCondition", () => {
  const problem = (source: string): string => {
    const compiled = compileCondition(source);
    return "problem" in compiled ? compiled.problem : "";
  };
  it.each([
    ["", /cannot be read/],
    ["args.path ===", /line 1, column 11/],
    ["args.path = 1", /cannot be read/],
    ["'abc", /cannot be read/],
    ["arg.path == 1", /“arg”/],
    ["toString == 1", /“toString”/],
    ["constructor", /“constructor”/],
    ["x.l.all(y, y > 1)", /“x”/],
    ["args.l.all(x, y > 1)", /“y”/],
    ["args.l.all(x, x > 1) && x > 1", /“x”/],
    ["now() > 1", /“now”/],
    ["args.s.replace('a', 'b') == 'b'", /“replace”/],
    ["'%s'.format([1]) == ''", /“format”/],
    ["args.l.join() == ''", /“join”/],
    ["google.protobuf.Timestamp{} == 1", /does not exist/],
    ["args.s.matches(args.p)", /not written out/],
    ["args.s.matches('(')", /regular expression/],
    ["args.s.matches('(?=a)')", /regular expression/],
    ["args.a.all(x, args.b.all(y, args.c.all(z, x + y + z > 1)))", /nested/],
    ["args.a.all(x, size(args.b.map(y, y)) > x)", /inside a loop/],
    ["args.a.all(x, args.b.all(y, y in args.c))", /inside two loops/],
    [Array.from({ length: 9 }, () => "args.a.all(x, x)").join("&&"), /more than 8/],
    [`${"1+".repeat(40)}1 > 0`, /deeper/],
    [`${"[".repeat(40)}${"]".repeat(40)} == []`, /deeper/],
    [`args${".a".repeat(40)} == 1`, /deeper/],
    [`'${"x".repeat(2001)}' == ''`, /longer/],
  ])("refuses %s", (source, expected) => {
    expect(problem(source)).toMatch(expected);
  });

  it.each([
    "true",
    "args.a == 1 || args.b in ['x', 'y'] ? args.c : !args.d",
    "args.l.exists_one(x, x.a == 'b') && {'a': 1}.a == 1",
    "type(args.a) == string || type(args.a) == null_type",
    "timestamp(args.t) < timestamp('2030-01-01T00:00:00Z')",
    "args.a.all(x, args.b.all(y, x < y))",
    Array.from({ length: 40 }, (_, i) => `args.p == ${i}`).join(" || "),
  ])("accepts %s", (source) => {
    expect(problem(source)).toBe("");
  });

  it("reads every hostile text in bounded time", () => {
    for (const piece of [
      "(",
      "[",
      "{1:",
      "!",
      "-",
      "a?",
      "true?1:",
      "a.",
      "a[",
      "f(",
      "'",
      '"""',
      "x.all(x,",
      "\\",
    ])
      expect(problem(piece.repeat(Math.floor(2000 / piece.length)))).not.toBe("");
  });
});
