import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { agentFor, bin, tempDir } from "../support/agent";
import { ROOT, startConsole, type TestConsole, waitFor } from "../support/console";
import { dumpAll } from "../support/database";
import { connectStdio, textOf } from "../support/mcp-client";

const recorder = path.join(ROOT, "test/support/recorder.mjs");

describe.each([1, 2] as const)("a real client (SDK v%i) before real servers", (version) => {
  let console: TestConsole;
  beforeAll(async () => {
    console = await startConsole();
  });
  const onlyPending = () => waitFor(async () => (await console.pending())[0]);

  it("server-memory: no byte of a held deletion before the approval, then exactly one execution", async () => {
    const dir = tempDir("memory");
    const log = path.join(dir, "bytes.log");
    const command = [process.execPath, recorder, log, process.execPath, bin("mcp-server-memory")];
    const launch = await agentFor(console, `memory-${version}`, command, {
      env: { MEMORY_FILE_PATH: path.join(dir, "graph.jsonl") },
    });
    const client = await connectStdio(launch, version);
    await client.listTools();
    expect(textOf(await client.callTool({ name: "read_graph", arguments: {} }))).toContain("entities");
    const create = client.callTool({
      name: "create_entities",
      arguments: { entities: [{ name: "Marker-Northwind", entityType: "customer", observations: [] }] },
    });
    const first = await onlyPending();
    expect(first).toMatchObject({
      tool: { name: "create_entities" },
      server: { name: `memory-${version}` },
      state: "pending",
    });
    expect(readFileSync(log, "utf8")).not.toContain("create_entities");
    expect((await console.decide(first.id, "approve")).status).toBe(200);
    expect((await create).isError).toBeFalsy();
    const deletion = client.callTool({
      name: "delete_entities",
      arguments: { entityNames: ["Marker-Northwind"] },
    });
    const second = await onlyPending();
    expect(readFileSync(log, "utf8")).not.toContain("delete_entities");
    await console.decide(second.id, "approve");
    expect(textOf(await deletion)).toContain("deleted");
    expect(readFileSync(log, "utf8").split("delete_entities").length - 1).toBe(1);
    const ended = await waitFor(async () => {
      const { body } = await console.api("GET", `/requests/${second.id}`);
      return body.state === "executed" && body;
    });
    expect(ended.decision.logIndex).toEqual(expect.any(Number));
    expect(ended.stages.releasedAt).not.toBeNull();
  });

  it("server-filesystem: a denied write reaches nobody, and the model gets a clear refusal", async () => {
    const dir = tempDir("files");
    const log = path.join(dir, "bytes.log");
    const target = path.join(dir, "site.conf");
    writeFileSync(target, "before");
    const command = [process.execPath, recorder, log, process.execPath, bin("mcp-server-filesystem"), dir];
    const client = await connectStdio(await agentFor(console, `files-${version}`, command), version);
    await client.listTools();
    const write = client.callTool({ name: "write_file", arguments: { path: target, content: "after" } });
    const held = await onlyPending();
    await console.decide(held.id, "deny", "not during the freeze");
    const result = await write;
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/not executed/i);
    expect(textOf(result)).toContain("not during the freeze");
    expect(readFileSync(log, "utf8")).not.toContain("write_file");
    expect(readFileSync(target, "utf8")).toBe("before");
  });

  it("a call that nobody decides in time is refused, and stays in history", async () => {
    const { body: policy } = await console.api("GET", "/policies");
    const document = { ...policy.document, hold: { ...policy.document.hold, timeLimitMinutes: 1 } };
    expect((await console.api("PUT", "/policies", { document, baseVersion: policy.version })).status).toBe(
      200,
    );
    const file = path.join(tempDir("eraser"), "executed");
    const command = [process.execPath, path.join(ROOT, "test/support/slow-server.mjs"), file];
    const client = await connectStdio(await agentFor(console, `eraser-${version}`, command), version);
    await client.listTools();
    const call = client.callTool({ name: "erase", arguments: { record: 1 } });
    const held = await onlyPending();
    const { Client } = await import("pg");
    const owner = new Client({ connectionString: console.database.ownerUrl });
    await owner.connect();
    await owner.query("update requests set expires_at = now() where id = $1", [held.id]);
    await owner.end();
    const result = await call;
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/not executed/i);
    const { body } = await console.api("GET", "/requests?state=history");
    expect(body.items.find((r: { id: string }) => r.id === held.id).state).toBe("expired");
    expect((await console.decide(held.id, "approve")).status).toBe(409);
    expect(existsSync(file)).toBe(false);
  });

  it("leaves a database in which nothing signs anybody in and no argument can be read", async () => {
    const dump = await dumpAll(console.database);
    expect(dump).not.toContain("Marker-Northwind");
    expect(dump).not.toContain("entityNames");
    expect(dump).not.toContain("not-a-real-argument");
    expect(dump).not.toContain(console.ownerToken);
    expect(dump).not.toContain(console.ownerToken.slice(4));
    expect(dump).not.toContain("correct horse");
    expect(dump).not.toMatch(/aet_[0-9a-z]{26}_/);
  });
});
