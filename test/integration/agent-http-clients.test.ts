import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bin, tempDir } from "../support/agent";
import { atEnd } from "../support/cleanup";
import { freePort, ROOT, startConsole, type TestConsole, waitFor } from "../support/console";
import { connectHttp, textOf } from "../support/mcp-client";
import { type ServeOptions, ServeRig } from "../support/serve-rig";
import { tap } from "../support/tap";

const support = (name: string) => path.join(ROOT, "test/support", name);
const REMOVE = { name: "delete_note", arguments: { name: "Marker" } };

let console: TestConsole;
beforeAll(async () => {
  console = await startConsole();
});

async function serve(server: string, options: Omit<ServeOptions, "consoleUrl">): Promise<ServeRig> {
  const rig = new ServeRig({
    consoleUrl: console.url,
    token: await console.enrol(server),
    server,
    ...options,
  });
  atEnd(() => rig.stop());
  return rig.start();
}
const pendingAt = (server: string) =>
  waitFor(async () => (await console.pending()).find((one) => one.server.name === server));

/** Starts a real server; resolves to the port it listens on. */
async function everything(): Promise<number> {
  const port = await freePort();
  const child = spawn(process.execPath, [bin("mcp-server-everything"), "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore",
  });
  atEnd(() => child.kill("SIGKILL"));
  await waitFor(() =>
    fetch(`http://127.0.0.1:${port}/mcp`).then(
      () => true,
      () => false,
    ),
  );
  return port;
}

async function modernServer(): Promise<number> {
  const child = spawn(process.execPath, [support("modern-server.mjs"), "http"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => child.kill("SIGKILL"));
  const line = await new Promise<string>((done) => child.stdout.once("data", (chunk) => done(String(chunk))));
  return Number(new URL(line.trim()).port);
}

describe.each([1, 2] as const)("a real client (SDK v%i) over HTTP", (version) => {
  it("before server-memory: no byte of a deletion before the approval, then exactly one execution", async () => {
    const dir = tempDir("memory");
    const log = path.join(dir, "bytes.log");
    const server = `http-memory-${version}`;
    const command = [
      process.execPath,
      support("recorder.mjs"),
      log,
      process.execPath,
      bin("mcp-server-memory"),
    ];
    const rig = await serve(server, { command, env: { MEMORY_FILE_PATH: path.join(dir, "graph.jsonl") } });
    const client = await connectHttp(rig.url, rig.secret, version);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("delete_entities");
    expect(textOf(await client.callTool({ name: "read_graph", arguments: {} }))).toContain("entities");
    const deletion = client.callTool({ name: "delete_entities", arguments: { entityNames: ["Marker"] } });
    const held = await pendingAt(server);
    expect(held.caller).toMatchObject({ kind: "credential" });
    expect(readFileSync(log, "utf8")).not.toContain("delete_entities");
    expect((await console.decide(held.id, "approve")).status).toBe(200);
    expect(textOf(await deletion)).toContain("deleted");
    expect(readFileSync(log, "utf8").split("delete_entities").length - 1).toBe(1);
    await waitFor(async () => (await console.api("GET", `/requests/${held.id}`)).body.state === "executed");
    await client.close();
  });

  it("before server-filesystem: a denied write reaches nobody", async () => {
    const dir = tempDir("files");
    const log = path.join(dir, "bytes.log");
    const target = path.join(dir, "site.conf");
    writeFileSync(target, "before");
    const server = `http-files-${version}`;
    const command = [
      process.execPath,
      support("recorder.mjs"),
      log,
      process.execPath,
      bin("mcp-server-filesystem"),
      dir,
    ];
    const rig = await serve(server, { command });
    const client = await connectHttp(rig.url, rig.secret, version);
    await client.listTools();
    const write = client.callTool({ name: "write_file", arguments: { path: target, content: "after" } });
    const held = await pendingAt(server);
    await console.decide(held.id, "deny", "not during the freeze");
    const result = await write;
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain("not during the freeze");
    expect(readFileSync(log, "utf8")).not.toContain("write_file");
    expect(readFileSync(target, "utf8")).toBe("before");
    await client.close();
  });

  it("before server-everything on HTTP: reads pass, the rest waits, and not a byte goes ahead", async () => {
    const wire = await tap(await everything());
    const server = `http-everything-${version}`;
    const rig = await serve(server, { upstream: `http://127.0.0.1:${wire.port}/mcp` });
    const client = await connectHttp(rig.url, rig.secret, version);
    const { tools } = await client.listTools();
    expect(tools.length).toBeGreaterThan(10);
    expect(textOf(await client.callTool({ name: "get-sum", arguments: { a: 40, b: 2 } }))).toContain("42");
    const pack = (name: string) =>
      client.callTool({
        name: "gzip-file-as-resource",
        arguments: { name, data: "data:text/plain;base64,aGVsbG8=", outputType: "resource" },
      });
    const first = pack("Marker-one");
    const held = await pendingAt(server);
    expect(wire.text()).not.toContain("Marker-one");
    await console.decide(held.id, "approve");
    expect((await first).isError).toBeFalsy();
    expect(wire.text().split("Marker-one").length - 1).toBe(1);
    const second = pack("Marker-two");
    await console.decide((await pendingAt(server)).id, "deny");
    expect((await second).isError).toBe(true);
    expect(wire.text()).not.toContain("Marker-two");
    expect(wire.text()).not.toContain(rig.secret);
    await client.close();
  });
});

describe("a client of 2026-07-28 over HTTP", () => {
  it("goes through untouched to a server of its kind, without a session, and is held all the same", async () => {
    const wire = await tap(await modernServer());
    const rig = await serve("modern-http", { upstream: `http://127.0.0.1:${wire.port}/mcp` });
    const client = await connectHttp(rig.url, rig.secret, "modern");
    await client.listTools();
    expect(textOf(await client.callTool({ name: "read_note", arguments: {} }))).toBe("did read_note");
    const removal = client.callTool(REMOVE);
    const held = await pendingAt("modern-http");
    expect(wire.text()).not.toContain("Marker");
    await console.decide(held.id, "approve");
    expect(textOf(await removal)).toBe("did delete_note");
    expect(wire.text().split("Marker").length - 1).toBe(1);
    expect(wire.text().toLowerCase()).toContain("mcp-name: delete_note");
    expect(wire.text()).not.toContain('"initialize"');
    await client.close();
  });

  it("works before a command of its kind, and falls back before an older one", async () => {
    const command = [process.execPath, support("modern-server.mjs"), "stdio"];
    const rig = await serve("modern-stdio", { command });
    const client = await connectHttp(rig.url, rig.secret, "modern");
    expect(textOf(await client.callTool({ name: "read_note", arguments: {} }))).toBe("did read_note");
    const removal = client.callTool(REMOVE);
    const held = await pendingAt("modern-stdio");
    await console.decide(held.id, "approve");
    expect(textOf(await removal)).toBe("did delete_note");
    await client.close();
    const older = await serve("older-stdio", { command: [process.execPath, bin("mcp-server-memory")] });
    const fallen = await connectHttp(older.url, older.secret, "auto");
    expect((await fallen.listTools()).tools.length).toBeGreaterThan(5);
    await fallen.close();
    await expect(connectHttp(older.url, older.secret, "modern")).rejects.toThrow();
  });
});
