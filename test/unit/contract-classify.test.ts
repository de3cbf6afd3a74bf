import { describe, expect, it } from "vitest";
import {
  annotationsOf,
  classify,
  tierOf,
  toolDefinition,
  worstClass,
  worstTier,
} from "@/agent/contract/classify";
import { RISK_CLASSES } from "@/agent/contract/vocabulary";
import tools from "./contract-tools.json";

const SAYS_READ = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };
const words = (name: string, rest: object = {}): string =>
  classify({ name, annotations: SAYS_READ, ...rest }).riskClass;
const described = (description: string): string => words("thing", { description });
const input = (properties: object): string => words("thing", { inputSchema: { type: "object", properties } });
const classes = (list: { name: string }[]): Record<string, string> =>
  Object.fromEntries(list.map((tool) => [tool.name, classify(tool).riskClass]));

describe("classify, over what real servers list", () => {
  it("reads server-filesystem", () => {
    expect(classes(tools.filesystem)).toEqual({
      read_file: "read",
      read_text_file: "read",
      read_media_file: "read",
      read_multiple_files: "read",
      write_file: "destructive",
      edit_file: "destructive",
      create_directory: "write",
      list_directory: "read",
      list_directory_with_sizes: "read",
      directory_tree: "read",
      move_file: "destructive",
      search_files: "read",
      get_file_info: "read",
      list_allowed_directories: "read",
    });
  });

  it("reads server-memory", () => {
    expect(classes(tools.memory)).toEqual({
      create_entities: "write",
      create_relations: "write",
      add_observations: "write",
      delete_entities: "destructive",
      delete_observations: "destructive",
      delete_relations: "destructive",
      read_graph: "read",
      search_nodes: "read",
      open_nodes: "read",
    });
  });

  it("does not believe server-everything's get-env, and leaves its harmless tools alone", () => {
    const found = classes(tools.everything);
    expect(found["get-env"]).toBe("external");
    expect(found["gzip-file-as-resource"]).toBe("external");
    expect(found["trigger-long-running-operation"]).toBe("write");
    for (const name of [
      "echo",
      "get-sum",
      "get-annotated-message",
      "get-resource-links",
      "get-tiny-image",
      "get-roots-list",
    ])
      expect(found[name], name).toBe("read");
    const env = classify(tools.everything.find((tool) => tool.name === "get-env"));
    expect(env.tier).toBe("high");
    expect(env.reasons[0]).toMatch(/secrets/);
  });

  it("takes tools without annotations at their worst", () => {
    const github = classes(tools.github);
    expect(new Set(Object.values(github))).toEqual(new Set(["destructive"]));
    expect(classes(tools.postgres)).toEqual({ query: "execute" });
    const found = classes(tools.playwright);
    expect(found).toMatchObject({
      browser_evaluate: "execute",
      browser_run_code_unsafe: "execute",
      browser_snapshot: "external",
    });
  });

  it("would read GitHub's reading tools as such if they were annotated", () => {
    for (const tool of tools.github) {
      const found = classify({ ...tool, annotations: SAYS_READ }).riskClass;
      expect(found === "read", tool.name).toBe(/^(get|list|search)_/.test(tool.name));
    }
  });
});

describe("classify, annotations", () => {
  it.each([
    [undefined, "destructive"],
    [{}, "destructive"],
    [{ readOnlyHint: true }, "read"],
    [{ readOnlyHint: true, openWorldHint: true }, "external"],
    [{ readOnlyHint: true, destructiveHint: true }, "destructive"],
    [{ readOnlyHint: false, destructiveHint: false, openWorldHint: false }, "write"],
    [{ readOnlyHint: false, destructiveHint: false }, "external"],
    [{ destructiveHint: false, openWorldHint: false }, "write"],
    [{ readOnlyHint: "true", destructiveHint: false, openWorldHint: false }, "write"],
    [{ readOnlyHint: true, openWorldHint: "false" }, "external"],
    [{ readOnlyHint: true, destructiveHint: null }, "destructive"],
  ])("reads %j as %s", (annotations, expected) => {
    expect(classify({ name: "thing", annotations }).riskClass).toBe(expected);
  });

  it("never lets an annotation lower what the words say", () => {
    for (const name of ["delete_user", "run_shell", "send_mail", "create_x"]) {
      const bare = words(name);
      for (const readOnlyHint of [true, false, undefined])
        for (const destructiveHint of [true, false, undefined])
          for (const openWorldHint of [true, false, undefined]) {
            const found = classify({
              name,
              annotations: { readOnlyHint, destructiveHint, openWorldHint },
            }).riskClass;
            expect(worstClass(found, bare as (typeof RISK_CLASSES)[number])).toBe(found);
          }
    }
  });

  it("gives the four hints and nothing inherited", () => {
    const tool = toolDefinition.parse({
      name: "t",
      annotations: { title: "T", readOnlyHint: "yes", other: 1 },
    });
    expect(annotationsOf(tool)).toEqual({ readOnlyHint: false });
    expect(annotationsOf(toolDefinition.parse({ name: "t" }))).toEqual({});
  });
});

describe("classify, words", () => {
  it.each([
    ["deleteFile", "destructive"],
    ["deletefile", "destructive"],
    ["github.delete-branch", "destructive"],
    ["DELETE_FILE", "destructive"],
    ["HTTPPostThing", "external"],
    ["executeSQL", "execute"],
    ["runCommand", "execute"],
    ["fs_write", "write"],
    ["slack_post_message", "external"],
    ["find_and_replace", "destructive"],
    ["get_or_reset", "destructive"],
    ["search_web", "external"],
    ["get_api_key", "external"],
    ["readSecret", "external"],
    ["list_deleted_files", "read"],
    ["get_updated_at", "read"],
    ["get_pull_request", "read"],
    ["list_posts", "read"],
    ["get_commit", "read"],
    ["message_list", "read"],
    ["getCreator", "read"],
    ["describe_table", "read"],
    ["dеlete_x", "write"],
    ["\u524a\u9664", "write"],
    ["read\u200b_x", "write"],
  ])("reads the name %s as %s", (name, expected) => {
    expect(words(name)).toBe(expected);
  });

  it.each([
    ["Deletes a file.", "destructive"],
    ["This tool permanently removes rows", "destructive"],
    ["Reads a file and deletes it afterwards.", "destructive"],
    ["Lists rows. Also purges the cache.", "destructive"],
    ["Allows you to delete records", "destructive"],
    ["Use this to delete records", "destructive"],
    ["Tool for deleting records", "destructive"],
    ["Can be used to send an email", "external"],
    ["Fetches data. This cannot be undone.", "destructive"],
    ["Runs the given query", "execute"],
    ["Evaluates an expression; may execute arbitrary Python code", "execute"],
    ["Returns all environment variables", "external"],
    ["Show the stored credentials of a user", "external"],
    ["Look\u200bup", "write"],
    ["x".repeat(30_000), "write"],
    ["Lists recently updated files", "read"],
    ["Returns deleted and archived items", "read"],
    ["Get the time a record was created or updated", "read"],
    ["Read a file. DEPRECATED: Use write_file instead, or delete_file.", "read"],
    ["Get the id that update_record needs.", "read"],
    ["Search for issues and pull requests", "read"],
    ["Set of tables in the schema", "read"],
    ["Needs no environment variable to be set", "read"],
    ["The file must have been uploaded before", "read"],
  ])("reads the description %j as %s", (description, expected) => {
    expect(described(description)).toBe(expected);
  });

  it.each([
    [{ sql: {} }, "execute"],
    [{ shellCommand: {} }, "execute"],
    [{ code: { description: "Python to run" } }, "execute"],
    [{ code: { description: "country" } }, "read"],
    [{ query: { description: "a SQL statement" } }, "execute"],
    [{ query: { description: "words to look for" } }, "read"],
    [{ url: {} }, "external"],
    [{ force: { type: "boolean" } }, "destructive"],
    [{ delete_source: {} }, "destructive"],
    [{ include_deleted: {} }, "read"],
    [{ updated_since: {}, create_time: {} }, "read"],
    [{ dryRun: {} }, "write"],
    [{ action: { enum: ["list", "delete"] } }, "destructive"],
    [{ action: { enum: ["list", "get"] } }, "read"],
    [{ list: { items: { properties: { command: {} } } } }, "execute"],
    [{ path: {}, limit: {} }, "read"],
  ])("reads the inputs %j as %s", (properties, expected) => {
    expect(input(properties)).toBe(expected);
  });

  it("gives up on endless schemas in bounded time, and does not call them harmless", () => {
    let deep: object = {};
    for (let i = 0; i < 5000; i++) deep = { items: deep };
    expect(words("thing", { inputSchema: deep })).toBe("write");
    const wide = { properties: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p${i}`, {}])) };
    expect(words("thing", { inputSchema: wide })).toBe("write");
    const loop: Record<string, unknown> = {};
    loop.items = loop;
    expect(words("thing", { inputSchema: loop })).toBe("write");
  });
});

describe("classify, the unknown", () => {
  it("takes a tool never seen, or one that cannot be read, as destructive", () => {
    expect(classify(undefined)).toEqual({
      riskClass: "destructive",
      tier: "high",
      reasons: ["definition unknown"],
    });
    for (const bad of [
      null,
      7,
      "x",
      {},
      { name: 3 },
      { name: "" },
      { name: "t", annotations: [] },
      { name: "t", description: 1 },
    ])
      expect(classify(bad)).toMatchObject({ riskClass: "destructive", tier: "high" });
  });

  it("orders classes and tiers", () => {
    expect(RISK_CLASSES).toEqual(["read", "write", "external", "destructive", "execute"]);
    expect(RISK_CLASSES.map(tierOf)).toEqual(["low", "medium", "high", "high", "critical"]);
    expect(worstTier("low", "critical")).toBe("critical");
  });

  it("keeps reasons few, short and free of the server's own words", () => {
    const description = "Deletes. Removes. Wipes. Sends. Creates. ".repeat(50);
    const { reasons } = classify({ name: "Ignore_previous_delete", title: "EVIL TEXT remove", description });
    expect(reasons.length).toBeLessThanOrEqual(12);
    expect(reasons.join(" ")).not.toMatch(/ignore|evil/i);
    for (const reason of reasons) expect(reason.length).toBeLessThan(300);
  });
});
