import { describe, expect, it } from "vitest";
import { classify } from "@/agent/contract/classify";
import { DEFAULT_POLICY, evaluate, type PolicyDocument, parsePolicy } from "@/agent/contract/policy";
import { scanJson } from "@/agent/contract/scan";
import { POLICY_TEMPLATES } from "@/agent/contract/templates";
import tools from "./contract-tools.json";

const document: PolicyDocument = {
  ...DEFAULT_POLICY,
  rules: [...POLICY_TEMPLATES.flatMap((template) => template.rules), ...DEFAULT_POLICY.rules],
};
const judged = (server: string, name: string, args = "{}") => {
  const listed = Object.values(tools)
    .flat()
    .find((tool) => tool.name === name);
  const { riskClass, tier } = classify(listed);
  return evaluate(document, {
    direction: "client",
    method: "tools/call",
    server: { name: server },
    tool: { name, riskClass, tier },
    caller: { id: "os:a", name: "a", kind: "os_user" },
    args: scanJson(args),
  });
};
const effects = (server: string, list: { name: string }[]): Record<string, string[]> => {
  const out: Record<string, string[]> = { allow: [], hold: [], deny: [] };
  for (const { name } of list) out[judged(server, name).effect]?.push(name);
  return out;
};

describe("POLICY_TEMPLATES", () => {
  it("are valid, alone and together with the shipped rules", () => {
    expect(parsePolicy(document)).toEqual({ ok: true, document });
    for (const template of POLICY_TEMPLATES) {
      expect(parsePolicy({ version: 1, rules: template.rules })).toMatchObject({ ok: true });
      expect(template.title && template.description).toBeTruthy();
    }
    expect(POLICY_TEMPLATES.map((template) => template.id)).toEqual([
      "filesystem",
      "memory",
      "github",
      "postgres",
      "browser",
    ]);
  });

  it("filesystem", () => {
    const found = effects("filesystem", tools.filesystem);
    expect(found.hold).toEqual(["write_file", "edit_file", "move_file"]);
    expect(found.allow).toHaveLength(11);
    expect(judged("files-of-ann", "write_file").rule?.id).toBe("filesystem-change");
  });

  it("memory", () => {
    const found = effects("memory", tools.memory);
    expect(found.hold).toEqual(["delete_entities", "delete_observations", "delete_relations"]);
    expect(found.allow).toHaveLength(6);
  });

  it("github", () => {
    const found = effects("github", tools.github);
    for (const name of found.allow ?? []) expect(name).toMatch(/^(get|list|search)_/);
    expect(found.allow).toHaveLength(14);
    expect(judged("github", "merge_pull_request")).toMatchObject({ effect: "hold", tier: "critical" });
    expect(judged("github", "list_secrets")).toMatchObject({ effect: "hold", tier: "critical" });
  });

  it("browser", () => {
    const found = effects("playwright", tools.playwright);
    expect(found.deny).toEqual(["browser_evaluate", "browser_run_code_unsafe"]);
    expect(found.allow).toContain("browser_snapshot");
    for (const name of ["browser_navigate", "browser_click", "browser_type", "browser_file_upload"])
      expect(found.hold).toContain(name);
    expect(judged("playwright", "browser_snapshot", '{"filename":"/etc/x"}').effect).toBe("hold");
  });

  it.each([
    ["SELECT * FROM users WHERE id = 1", "allow"],
    ["  select 1;", "allow"],
    ["select 1; ", "allow"],
    ["SHOW server_version", "allow"],
    ["SELECT updated_at, deleted FROM t", "allow"],
    ["DELETE FROM users", "hold"],
    ["select 1; delete from users", "hold"],
    ["select 1;\ndrop table t", "hold"],
    ["SELECT * INTO t2 FROM t", "hold"],
    ["WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "hold"],
    ["SELECT pg_terminate_backend(1)", "hold"],
    ["SELECT pg_read_file('/etc/passwd')", "hold"],
    ["SELECT dblink_exec('…')", "hold"],
    ["SELECT lo_export(1, '/tmp/x')", "hold"],
    ["select/**/1", "hold"],
    ["select 1 -- x\n", "hold"],
    ["SELECT * FROM t FOR UPDATE", "hold"],
    ["explain analyze delete from t", "hold"],
    ['SELECT U&"\\0070g_sleep"(9)', "hold"],
    ["", "hold"],
  ])("postgres: %s: %s", (sql, effect) => {
    expect(judged("postgres", "query", JSON.stringify({ sql })).effect).toBe(effect);
  });

  it("postgres: a call of another shape waits", () => {
    for (const args of ["{}", '{"sql":["select 1"]}', '{"sql":null}', '{"query":"select 1"}'])
      expect(judged("postgres", "query", args).effect).toBe("hold");
  });
});
