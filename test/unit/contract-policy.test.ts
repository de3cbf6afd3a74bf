import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compilePolicy,
  DEFAULT_POLICY,
  evaluate,
  isProtocolMethod,
  offlineAllows,
  type PolicyDocument,
  type PolicyFacts,
  parsePolicy,
  unsatisfiableRules,
} from "@/agent/contract/policy";
import { compileGlob } from "@/agent/contract/policy-glob";
import { scanJson } from "@/agent/contract/scan";

const parsed = (rules: unknown[], rest: object = {}): PolicyDocument => {
  const result = parsePolicy({ version: 1, rules, ...rest });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.document;
};
const issues = (input: unknown): string[] => {
  const result = parsePolicy(input);
  return result.ok ? [] : result.issues.map((issue) => issue.path);
};
const facts = (over: Partial<PolicyFacts> = {}): PolicyFacts => ({
  direction: "client",
  method: "tools/call",
  server: { name: "files" },
  tool: { name: "write_file", riskClass: "destructive", tier: "high" },
  caller: { id: "os:ann", name: "ann", kind: "os_user" },
  args: scanJson("{}"),
  ...over,
});
const tool = (riskClass: "read" | "write" | "execute", over: object = {}): PolicyFacts["tool"] => ({
  name: "t",
  riskClass,
  tier: "low",
  ...over,
});

describe("parsePolicy", () => {
  it("fills what is left out", () => {
    expect(parsed([{ id: "a", match: {}, effect: "deny" }])).toEqual({
      version: 1,
      rules: [{ id: "a", match: { methods: ["tools/call"], direction: "client" }, effect: "deny" }],
      unapproved: "ignore",
      offline: { read: "allow", other: "refuse" },
      hold: {
        timeLimitMinutes: 30,
        approvalMinutes: 15,
        deciders: { roles: ["owner", "admin", "approver"] },
      },
    });
    expect(parsePolicy(DEFAULT_POLICY)).toEqual({ ok: true, document: DEFAULT_POLICY });
  });

  const rule = { id: "a", match: {}, effect: "allow" };
  it.each<[string, unknown, string[]]>([
    ["not an object", null, [""]],
    ["an unknown version", { version: 2, rules: [] }, ["version"]],
    ["an unknown member", { version: 1, rules: [], extra: 1 }, [""]],
    ["an unknown member of a rule", { version: 1, rules: [{ ...rule, whne: "true" }] }, ["rules[0]"]],
    [
      "an unknown member of a match",
      { version: 1, rules: [{ ...rule, match: { tool: ["x"] } }] },
      ["rules[0].match"],
    ],
    ["no match", { version: 1, rules: [{ id: "a", effect: "allow" }] }, ["rules[0].match"]],
    [
      "a bad effect",
      { version: 1, rules: [rule, { ...rule, id: "b", effect: "maybe" }] },
      ["rules[1].effect"],
    ],
    ["a bad id", { version: 1, rules: [{ ...rule, id: "A b" }] }, ["rules[0].id"]],
    ["one id twice", { version: 1, rules: [rule, { ...rule, id: "b" }, rule] }, ["rules[2].id"]],
    [
      "an empty glob",
      { version: 1, rules: [{ ...rule, match: { tools: ["x", ""] } }] },
      ["rules[0].match.tools[1]"],
    ],
    ["an empty list", { version: 1, rules: [{ ...rule, match: { tools: [] } }] }, ["rules[0].match.tools"]],
    [
      "an invisible character",
      { version: 1, rules: [{ ...rule, match: { callers: ["a\u200b"] } }] },
      ["rules[0].match.callers[0]"],
    ],
    [
      "white space around a glob",
      { version: 1, rules: [{ ...rule, match: { servers: [" a"] } }] },
      ["rules[0].match.servers[0]"],
    ],
    [
      "too many stars",
      { version: 1, rules: [{ ...rule, match: { tools: ["*a".repeat(9)] } }] },
      ["rules[0].match.tools[0]"],
    ],
    [
      "a bad condition",
      { version: 1, rules: [rule, { ...rule, id: "b", when: "args.path ===" }] },
      ["rules[1].when"],
    ],
    [
      "tools on a method without",
      { version: 1, rules: [{ ...rule, match: { methods: ["resources/*"], tools: ["x"] } }] },
      ["rules[0].match.tools"],
    ],
    [
      "hold settings on a deny",
      { version: 1, rules: [{ ...rule, effect: "deny", hold: {} }] },
      ["rules[0].hold"],
    ],
    [
      "no deciders",
      { version: 1, rules: [{ ...rule, effect: "hold", hold: { deciders: {} } }] },
      ["rules[0].hold.deciders"],
    ],
    [
      "empty deciders",
      { version: 1, rules: [{ ...rule, effect: "hold", hold: { deciders: { roles: [], people: [] } } }] },
      ["rules[0].hold.deciders"],
    ],
    [
      "a decider who may not decide",
      { version: 1, rules: [{ ...rule, effect: "hold", hold: { deciders: { roles: ["auditor"] } } }] },
      ["rules[0].hold.deciders.roles[0]"],
    ],
    [
      "no address",
      { version: 1, rules: [{ ...rule, effect: "hold", hold: { deciders: { people: ["ann"] } } }] },
      ["rules[0].hold.deciders.people[0]"],
    ],
    [
      "no time",
      { version: 1, rules: [{ ...rule, effect: "hold", hold: { timeLimitMinutes: 0 } }] },
      ["rules[0].hold.timeLimitMinutes"],
    ],
    ["too much time", { version: 1, rules: [], hold: { approvalMinutes: 1441 } }, ["hold.approvalMinutes"]],
    [
      "too many rules",
      { version: 1, rules: Array.from({ length: 201 }, (_, i) => ({ ...rule, id: `r${i}` })) },
      ["rules"],
    ],
  ])("says where it found %s", (_, input, expected) => {
    expect(issues(input)).toEqual(expected);
  });

  it("reads addresses without regard to case", () => {
    const hold = { deciders: { people: [" Ann@Example.ORG "] } };
    const document = parsed([{ id: "a", match: {}, effect: "hold", hold }]);
    expect(document.rules[0]?.hold?.deciders?.people).toEqual(["ann@example.org"]);
  });
});

describe("unsatisfiableRules", () => {
  const hold = (deciders: object) => ({ id: "a", match: {}, effect: "hold", hold: { deciders } });
  const paths = (document: PolicyDocument, people: { email: string; role: string }[]) =>
    unsatisfiableRules(document, people).map((issue) => issue.path);
  const owner = { email: "Own@x.org", role: "owner" };

  it("names the holds that nobody could decide", () => {
    expect(paths(parsed([]), [])).toEqual(["hold.deciders"]);
    expect(paths(parsed([]), [owner])).toEqual([]);
    expect(paths(parsed([hold({ roles: ["approver"] })]), [owner])).toEqual(["rules[0].hold.deciders"]);
    expect(paths(parsed([hold({ people: ["gone@x.org"] })]), [owner])).toEqual(["rules[0].hold.deciders"]);
    expect(paths(parsed([hold({ people: ["own@x.org"] })]), [owner])).toEqual([]);
    expect(
      paths(parsed([hold({ people: ["m@x.org"] })]), [owner, { email: "m@x.org", role: "member" }]),
    ).toEqual(["rules[0].hold.deciders"]);
  });
});

describe("evaluate", () => {
  it("takes the first rule that matches", () => {
    const document = parsed([
      { id: "one", match: { tools: ["read_*"] }, effect: "allow" },
      { id: "two", name: "Second", match: { tools: ["write_*"] }, effect: "deny", reason: "No writing." },
      { id: "three", match: {}, effect: "allow" },
    ]);
    expect(evaluate(document, facts())).toEqual({
      effect: "deny",
      rule: { id: "two", name: "Second", index: 1 },
      tier: "high",
      reasons: ["No writing."],
      conditionErrors: [],
      flagged: false,
    });
  });

  it("matches by every part, and all parts must match", () => {
    const judged = (match: object, over: Partial<PolicyFacts> = {}) =>
      evaluate(parsed([{ id: "a", match, effect: "deny" }]), facts(over)).effect === "deny";
    expect(judged({ servers: ["file?"] })).toBe(true);
    expect(judged({ servers: ["Files"] })).toBe(false);
    expect(judged({ tools: ["other", "write_*"] })).toBe(true);
    expect(judged({ tools: ["write"] })).toBe(false);
    expect(judged({ classes: ["destructive", "execute"] })).toBe(true);
    expect(judged({ classes: ["read"] })).toBe(false);
    expect(judged({ callers: ["os:*"] })).toBe(true);
    expect(judged({ callers: ["ann"] })).toBe(true);
    expect(judged({ callers: ["bob"] })).toBe(false);
    expect(judged({ tools: ["write_*"], servers: ["other"] })).toBe(false);
    expect(judged({ methods: ["tools/*"] })).toBe(true);
    expect(judged({ methods: ["resources/*"] })).toBe(false);
    expect(judged({ direction: "server" })).toBe(false);
    expect(
      judged(
        { methods: ["*"], direction: "server" },
        { direction: "server", method: "sampling/createMessage", tool: undefined },
      ),
    ).toBe(true);
    expect(
      judged({ methods: ["*"] }, { direction: "server", method: "sampling/createMessage", tool: undefined }),
    ).toBe(false);
    expect(judged({ methods: ["*"], tools: ["*"] }, { method: "resources/read", tool: undefined })).toBe(
      false,
    );
  });

  it("takes a hint that is not given at its worst", () => {
    const judged = (annotations: object, given?: object) =>
      evaluate(
        parsed([{ id: "a", match: { annotations }, effect: "deny" }]),
        facts({ tool: tool("write", { annotations: given }) }),
      ).effect === "deny";
    expect(judged({ destructiveHint: true })).toBe(true);
    expect(judged({ destructiveHint: true }, { destructiveHint: false })).toBe(false);
    expect(judged({ openWorldHint: true, readOnlyHint: false })).toBe(true);
    expect(judged({ readOnlyHint: true })).toBe(false);
  });

  it("lets nobody be allowed by a display name", () => {
    const document = parsed([{ id: "a", match: { callers: ["ann"] }, effect: "allow" }]);
    expect(evaluate(document, facts()).effect).toBe("hold");
  });

  it("falls back to holding what may do more than read", () => {
    const none = parsed([]);
    expect(evaluate(none, facts({ tool: tool("read") }))).toMatchObject({ effect: "allow", rule: null });
    expect(evaluate(none, facts({ tool: tool("write") }))).toMatchObject({ effect: "hold", rule: null });
    expect(evaluate(none, facts({ tool: undefined }))).toMatchObject({ effect: "hold", tier: "high" });
  });

  it.each([
    ["client", "initialize", false],
    ["client", "ping", false],
    ["client", "tools/list", false],
    ["client", "resources/subscribe", false],
    ["client", "prompts/get", false],
    ["client", "completion/complete", false],
    ["client", "logging/setLevel", false],
    ["client", "tasks/get", false],
    ["client", "subscriptions/listen", false],
    ["client", "server/discover", false],
    ["client", "notifications/cancelled", false],
    ["server", "sampling/createMessage", false],
    ["server", "elicitation/create", false],
    ["server", "roots/list", false],
    ["server", "notifications/progress", false],
    ["client", "sampling/createMessage", true],
    ["server", "resources/read", true],
    ["server", "tools/call", true],
    ["client", "tools/run", true],
    ["client", "vendor/erase", true],
    ["client", "Tools/call", true],
    ["client", "", true],
  ] as const)("passes %s %s, flagged: %s", (direction, method, flagged) => {
    const judged = evaluate(parsed([]), facts({ direction, method, tool: undefined }));
    expect(judged).toMatchObject({ effect: "allow", flagged, tier: flagged ? "medium" : "low" });
    expect(isProtocolMethod(method, direction)).toBe(!flagged);
  });

  it("raises the tier and never lowers it", () => {
    const judged = (tier: string) =>
      evaluate(parsed([{ id: "a", match: {}, effect: "hold", tier }]), facts()).tier;
    expect(judged("critical")).toBe("critical");
    expect(judged("low")).toBe("high");
  });

  it("says how long and by whom", () => {
    const document = parsed(
      [
        {
          id: "own",
          match: { tools: ["a"] },
          effect: "hold",
          hold: { timeLimitMinutes: 5, deciders: { people: ["a@x.org"] } },
        },
        { id: "std", match: { tools: ["b"] }, effect: "hold" },
      ],
      { hold: { approvalMinutes: 7 } },
    );
    const held = (name: string) => evaluate(document, facts({ tool: tool("write", { name }) })).hold;
    expect(held("a")).toEqual({
      timeLimitMinutes: 5,
      approvalMinutes: 7,
      deciders: { roles: [], people: ["a@x.org"] },
    });
    const standard = {
      timeLimitMinutes: 30,
      approvalMinutes: 7,
      deciders: { roles: ["owner", "admin", "approver"], people: [] },
    };
    expect(held("b")).toEqual(standard);
    expect(held("c")).toEqual(standard);
  });

  it("holds or denies tools that nobody approved, when told to", () => {
    const allow = [{ id: "a", match: {}, effect: "allow" }];
    const deny = [{ id: "d", match: {}, effect: "deny" }];
    const judged = (rules: object[], unapproved: string, approved?: boolean) =>
      evaluate(parsed(rules, { unapproved }), facts({ tool: tool("read", { approved }) }));
    expect(judged(allow, "ignore").effect).toBe("allow");
    expect(judged(allow, "hold")).toMatchObject({
      effect: "hold",
      rule: null,
      hold: { timeLimitMinutes: 30 },
    });
    expect(judged(allow, "hold", true).effect).toBe("allow");
    expect(judged(allow, "deny", false)).toMatchObject({ effect: "deny", rule: null });
    expect(judged(allow, "deny", true).effect).toBe("allow");
    expect(judged([], "deny", false).effect).toBe("deny");
    expect(judged(deny, "hold", false)).toMatchObject({ effect: "deny", rule: { id: "d" } });
    expect(evaluate(parsed(allow, { unapproved: "deny" }), facts({ tool: undefined })).effect).toBe("deny");
  });

  it("denies names too long to be judged", () => {
    const document = parsed([{ id: "a", match: { methods: ["*"] }, effect: "allow" }]);
    const long = "x".repeat(1025);
    for (const over of [
      { method: long },
      { tool: tool("read", { name: long }) },
      { server: { name: long } },
    ] as Partial<PolicyFacts>[])
      expect(evaluate(document, facts(over)).effect).toBe("deny");
  });

  it("ships a policy that lets reading pass and holds the rest", () => {
    const judged = (over: Partial<PolicyFacts>) => evaluate(DEFAULT_POLICY, facts(over));
    expect(judged({ tool: tool("read") })).toMatchObject({
      effect: "allow",
      rule: { id: "tools-that-read" },
    });
    expect(judged({ tool: tool("write") })).toMatchObject({
      effect: "hold",
      rule: { id: "every-other-tool" },
    });
    expect(judged({ tool: undefined })).toMatchObject({ effect: "hold", tier: "high" });
    expect(judged({ method: "resources/read", tool: undefined })).toMatchObject({
      effect: "allow",
      rule: { id: "resources-and-prompts" },
    });
    expect(judged({ method: "vendor/x", tool: undefined })).toMatchObject({ effect: "allow", flagged: true });
  });

  it("tells what passes offline", () => {
    expect(offlineAllows(DEFAULT_POLICY, "tools/call", "read")).toBe(true);
    expect(offlineAllows(DEFAULT_POLICY, "tools/call", "write")).toBe(false);
    expect(offlineAllows(DEFAULT_POLICY, "tools/call")).toBe(false);
    expect(offlineAllows(DEFAULT_POLICY, "initialize")).toBe(true);
    expect(offlineAllows(DEFAULT_POLICY, "vendor/x")).toBe(false);
    expect(offlineAllows(parsed([], { offline: { read: "refuse" } }), "tools/call", "read")).toBe(false);
  });
});

describe("globs", () => {
  const reference = (pattern: string): RegExp => {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replace(/\*/g, ".*").replace(/\?/g, ".")}$`, "s");
  };
  it("match as the regular expression does", () => {
    const letters = fc.constantFrom("a", "b", "*", "?", ".", "/");
    const word = (max: number) => fc.array(letters, { maxLength: max }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(word(8), word(12), (pattern, text) => {
        expect(compileGlob(pattern)(text)).toBe(reference(pattern).test(text));
      }),
      { numRuns: 5000 },
    );
  });

  it("do not backtrack", () => {
    const text = `${"a".repeat(1000)}b`;
    for (const pattern of ["*a*a*a*a*a*a*a*c", "*?a?a?a*a?a?c*x"])
      for (let i = 0; i < 2000; i++) expect(compileGlob(pattern)(text)).toBe(false);
  });
});

describe("compilePolicy", () => {
  it("treats a condition that does not compile as one that errs", () => {
    const document: PolicyDocument = {
      ...DEFAULT_POLICY,
      rules: [{ id: "x", match: { methods: ["*"], direction: "client" }, effect: "allow", when: "(" }],
    };
    expect(compilePolicy(document).evaluate(facts()).effect).toBe("hold");
    const deny = compilePolicy({
      ...document,
      rules: document.rules.map((each) => ({ ...each, effect: "deny" as const })),
    });
    expect(deny.evaluate(facts({ tool: tool("read") })).effect).toBe("deny");
  });
});
