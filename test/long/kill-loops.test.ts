import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { agentFor, tempDir } from "../support/agent";
import { type Json, ROOT, startConsole, waitFor } from "../support/console";
import { connectStdio } from "../support/mcp-client";

const ROUNDS = 20;
const CALLS = 25;
const executed = (file: string): number[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line).record)
    : [];

describe("kill loops", () => {
  it(`${ROUNDS} × kill -9 of the console at random moments, ${CALLS} calls a round: as decided, once, in a whole log`, async () => {
    const console = await startConsole();
    const file = path.join(tempDir("eraser"), "executed");
    const command = [process.execPath, path.join(ROOT, "test/support/slow-server.mjs"), file];
    const client = await connectStdio(
      await agentFor(console, "eraser", command, { env: { ASSENTRY_PATIENCE_SECONDS: "900" } }),
    );
    await client.listTools();
    const approved = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const records = Array.from({ length: CALLS }, (_, i) => round * CALLS + i);
      const calls = records.map((record) => client.callTool({ name: "erase", arguments: { record } }));
      const waiting = await waitFor(async () => {
        const found = await console.pending();
        return found.length === CALLS && found;
      }, 60_000);
      // The console dies while the decisions come in; whoever got no answer looks again, as a person would.
      const dying = sleep(Math.random() * 400).then(() => console.kill());
      const decideAll = async (list: Json[]) => {
        for (const request of list) {
          await console
            .api("GET", `/requests/${request.id}`)
            .then(async ({ body }) => {
              const record = JSON.parse(body.argumentsText).record as number;
              const verdict = record % 2 === 0 ? "approve" : "deny";
              await console.api("POST", `/requests/${request.id}/decision`, { verdict, digest: body.digest });
            })
            .catch(() => {});
        }
      };
      await Promise.all([dying, decideAll(waiting)]);
      await console.restart();
      await decideAll(await console.pending());
      for (const record of records) if (record % 2 === 0) approved.add(record);
      const results = await Promise.all(calls);
      results.forEach((result, i) => {
        const record = records[i] as number;
        expect(Boolean(result.isError), `record ${record}`).toBe(record % 2 !== 0);
      });
    }
    const done = executed(file);
    expect(done).toHaveLength(approved.size);
    expect(new Set(done)).toEqual(approved);
    await waitFor(
      async () =>
        (await console.api("GET", "/requests?state=released,approved,pending&limit=1")).body.items.length ===
        0,
    );
    expect(await console.cli("audit", "verify")).toMatchObject({ ok: true, problems: [] });
  });

  it(`${ROUNDS} × kill -9 of the agent at random moments: nothing without its decision, nothing twice`, async () => {
    const console = await startConsole();
    const file = path.join(tempDir("eraser"), "executed");
    const command = [process.execPath, path.join(ROOT, "test/support/slow-server.mjs"), file];
    const launch = await agentFor(console, "eraser", command, { env: { ASSENTRY_PATIENCE_SECONDS: "900" } });
    const first = await connectStdio(launch);
    await first.listTools();
    await first.close();
    const { ASSENTRY_ENROLL_TOKEN: _, ...env } = launch.env;
    for (let round = 0; round < ROUNDS; round++) {
      const client = await connectStdio({ ...launch, env });
      await client.listTools();
      const calls = Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          client.callTool({ name: "erase", arguments: { record: round * 10 + i } }),
        ),
      );
      const waiting = await waitFor(async () => {
        const found = await console.pending();
        return found.length >= 10 && found;
      });
      const decisions = waiting.map((request: Json, i: number) =>
        console.decide(request.id, i % 2 ? "deny" : "approve"),
      );
      await sleep(Math.random() * 150);
      process.kill(client.pid() as number, "SIGKILL");
      await Promise.all(decisions);
      await calls;
    }
    const done = executed(file);
    expect(new Set(done).size).toBe(done.length);
    const approved = new Set<number>();
    let cursor: string | null = null;
    do {
      const page: Json = await console.api("GET", `/requests?limit=200${cursor ? `&cursor=${cursor}` : ""}`);
      for (const request of page.body.items) {
        if (request.decision?.verdict !== "approve") continue;
        approved.add(
          JSON.parse((await console.api("GET", `/requests/${request.id}`)).body.argumentsText).record,
        );
      }
      cursor = page.body.nextCursor;
    } while (cursor);
    for (const record of done) expect(approved.has(record), `record ${record}`).toBe(true);
  });
});
