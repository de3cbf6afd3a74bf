import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { acquireDatabase, stopDatabase } from "../../scripts/lib/postgres.mjs";
import { agentFor, tempDir } from "../support/agent";
import { type Json, ROOT, startConsole, waitFor } from "../support/console";
import { connectStdio, type ToolResult, textOf } from "../support/mcp-client";

const eraser = (file: string) => [process.execPath, path.join(ROOT, "test/support/slow-server.mjs"), file];
const executed = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
const recordOf = (line: string): number => JSON.parse(line).record;
const PATIENT = { ASSENTRY_PATIENCE_SECONDS: "600" };

describe("when things die at the wrong moment", { timeout: 240_000 }, () => {
  it("kill -9 of the console while 200 calls wait: every one ends as decided", async () => {
    const console = await startConsole();
    const file = path.join(tempDir("eraser"), "executed");
    const client = await connectStdio(await agentFor(console, "eraser", eraser(file), { env: PATIENT }));
    await client.listTools();
    const calls = Array.from({ length: 200 }, (_, record) =>
      client.callTool({ name: "erase", arguments: { record } }),
    );
    await waitFor(async () => (await console.pending()).length === 200, 60_000);
    await console.kill();
    expect(executed(file)).toEqual([]);
    await console.restart();
    const waiting = await console.pending();
    expect(waiting).toHaveLength(200);
    const approved = new Set<number>();
    for (const request of waiting) {
      const { body } = await console.api("GET", `/requests/${request.id}`);
      const record = JSON.parse(body.argumentsText).record;
      const verdict = record % 3 === 0 ? "deny" : "approve";
      const answer = await console.api("POST", `/requests/${request.id}/decision`, {
        verdict,
        digest: body.digest,
      });
      expect(answer.status).toBe(200);
      if (verdict === "approve") approved.add(record);
    }
    const results = await Promise.all(calls);
    results.forEach((result: ToolResult, record) => {
      expect(Boolean(result.isError)).toBe(!approved.has(record));
      if (approved.has(record)) expect(textOf(result)).toBe(`erased ${record}`);
    });
    expect(
      executed(file)
        .map(recordOf)
        .sort((a, b) => a - b),
    ).toEqual([...approved].sort((a, b) => a - b));
    await waitFor(async () => {
      const { body } = await console.api("GET", "/requests?state=executed&limit=200");
      return body.items.length === approved.size;
    });
    expect((await console.cli("audit", "verify")).ok).toBe(true);
  });

  it("kill -9 of the agent: nothing is executed without its decision, and a retry consumes the approval once", async () => {
    const console = await startConsole();
    const file = path.join(tempDir("eraser"), "executed");
    const launch = await agentFor(console, "eraser", eraser(file), { env: PATIENT });
    const first = await connectStdio(launch);
    await first.listTools();
    const lost = Promise.allSettled(
      Array.from({ length: 20 }, (_, record) => first.callTool({ name: "erase", arguments: { record } })),
    );
    await waitFor(async () => (await console.pending()).length === 20);
    process.kill(first.pid() as number, "SIGKILL");
    await lost;
    const waiting = await console.pending();
    expect(waiting).toHaveLength(20);
    for (const request of waiting.slice(0, 10)) await console.decide(request.id, "approve");
    await sleep(1_500);
    expect(executed(file)).toEqual([]);
    // its instance has to fall silent before somebody else may take its place
    await sleep(5_000);
    const { ASSENTRY_ENROLL_TOKEN: _, ...env } = launch.env;
    const second = await connectStdio({ ...launch, env });
    await second.listTools();
    const details = await Promise.all(waiting.map((r) => console.api("GET", `/requests/${r.id}`)));
    const retries = details.map(({ body }) =>
      second.callTool({ name: "erase", arguments: JSON.parse(body.argumentsText) }),
    );
    await waitFor(async () => executed(file).length === 10);
    for (const request of await console.pending()) await console.decide(request.id, "deny");
    const results = await Promise.all(retries);
    expect(results.filter((r) => !r.isError)).toHaveLength(10);
    expect(executed(file)).toHaveLength(10);
    expect(new Set(executed(file)).size).toBe(10);
    const { body } = await console.api("GET", "/requests?limit=200");
    expect(body.items).toHaveLength(20);
  });

  it("two agents on one state directory, fifty equal retries of one approved call: one execution", async () => {
    const console = await startConsole();
    const file = path.join(tempDir("eraser"), "executed");
    const launch = await agentFor(console, "eraser", eraser(file), {
      env: { ASSENTRY_PATIENCE_SECONDS: "1" },
    });
    const a = await connectStdio(launch);
    await a.listTools();
    const given = await a.callTool({ name: "erase", arguments: { record: 7 } });
    expect(given.isError).toBe(true);
    expect(textOf(given)).toMatch(/not executed/i);
    const [request] = await console.pending();
    await console.decide((request as Json).id, "approve");
    const { ASSENTRY_ENROLL_TOKEN: _, ...env } = launch.env;
    const b = await connectStdio({ ...launch, env });
    await b.listTools();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? a : b).callTool({ name: "erase", arguments: { record: 7 } }),
      ),
    );
    expect(results.filter((r) => !r.isError)).toHaveLength(1);
    expect(executed(file)).toHaveLength(1);
    const { body } = await console.api("GET", "/requests?limit=200");
    expect(body.items.filter((r: Json) => r.state === "executed")).toHaveLength(1);
  });

  it("fifty concurrent decisions over two console processes: one winner, 49 × 409, one entry", async () => {
    const console = await startConsole({ processes: 2 });
    const file = path.join(tempDir("eraser"), "executed");
    const client = await connectStdio(await agentFor(console, "eraser", eraser(file), { env: PATIENT }));
    await client.listTools();
    const call = client.callTool({ name: "erase", arguments: { record: 1 } });
    const [held] = await waitFor(async () => {
      const found = await console.pending();
      return found.length > 0 && found;
    });
    const tokens: string[] = [];
    for (let i = 0; i < 5; i++) {
      tokens.push(
        (await console.cli("token", "create", "--name", `decider ${i}`, "--role", "approver")).token,
      );
    }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        console.apiAs(tokens[i % 5] as string, i % 2)("POST", `/requests/${held.id}/decision`, {
          verdict: "approve",
          digest: held.digest,
        }),
      ),
    );
    expect(answers.map((r) => r.status).sort()).toEqual([200, ...Array(49).fill(409)]);
    const lost = answers.filter((r) => r.status === 409);
    expect(lost).toHaveLength(49);
    for (const { body } of lost) {
      expect(body.error.code).toBe("already_decided");
      expect(body.error.details.decision).toMatchObject({ verdict: "approve", by: { type: "token" } });
    }
    expect(textOf(await call)).toBe("erased 1");
    const { body } = await console.api("GET", `/audit?request=${held.id}&action=request.approve&limit=200`);
    expect(body.items).toHaveLength(1);
    expect(executed(file)).toHaveLength(1);
  });

  it("Postgres away for 20 s under load: clear errors, no execution, recovery without a restart", async () => {
    const dataDir = tempDir("own-postgres");
    const own = await acquireDatabase({ dataDir });
    const console = await startConsole({
      env: { DATABASE_URL: own.url, DATABASE_URL_DIRECT: own.directUrl, DATABASE_OWNER_URL: own.ownerUrl },
    });
    const file = path.join(tempDir("eraser"), "executed");
    const client = await connectStdio(await agentFor(console, "eraser", eraser(file), { env: PATIENT }));
    await client.listTools();
    const before = client.callTool({ name: "erase", arguments: { record: 0 } });
    await waitFor(async () => (await console.pending()).length === 1);

    await own.release();
    await stopDatabase({ dataDir });
    const until = Date.now() + 20_000;
    const statuses = new Set<number>();
    let refused = 0;
    for (let record = 1; Date.now() < until; record++) {
      const [api, result] = await Promise.all([
        console.api("GET", "/requests?state=pending"),
        client.callTool({ name: "erase", arguments: { record } }),
      ]);
      statuses.add(api.status);
      if (api.status !== 200)
        expect(api.body.error).toMatchObject({ code: "unavailable", requestId: expect.any(String) });
      expect(result.isError).toBe(true);
      expect(textOf(result)).toMatch(/not executed/i);
      refused += 1;
    }
    expect([...statuses]).toEqual([503]);
    expect(refused).toBeGreaterThan(3);

    const again = await acquireDatabase({ dataDir });
    expect(again.port).toBe(own.port);
    const [waiting] = await waitFor(async () => {
      const { status, body } = await console.api("GET", "/requests?state=pending");
      return status === 200 && body.items;
    });
    await waitFor(async () => (await console.api("GET", "/health")).status === 200);
    await console.decide(waiting.id, "approve");
    expect(textOf(await before)).toBe("erased 0");
    expect(executed(file)).toHaveLength(1);
    await console.processes[0]?.kill();
    await again.release();
  });
});
