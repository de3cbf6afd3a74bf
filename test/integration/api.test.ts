import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { errorBody } from "@/agent/contract/v1";
import { OPERATIONS } from "@/lib/http/openapi";
import { OUTPUTS } from "@/lib/http/openapi-outputs";
import { type Answer, asToken, type Send, SignedAgent, sender } from "../support/api-world";
import { type Json, startConsole, type TestConsole, waitFor } from "../support/console";
import { ask } from "../support/launcher";

let console: TestConsole;
let raw: Send;
let agent: SignedAgent;

const template = (path: string) => (path.split("?")[0] as string).replace(/\/[a-z]{2,5}_[0-9a-z]+/, "/{id}");

/** As the owner; what comes back must be what the description says. */
async function api(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await raw(method, path, body);
  const operation = OPERATIONS.find(
    (o) => o.path === template(path) && o.method === method.toLowerCase(),
  ) as (typeof OPERATIONS)[number];
  expect(operation, `${method} ${path} is described`).toBeDefined();
  if (answer.status < 400) {
    expect(answer.status).toBe(operation.status ?? 200);
    z.parse(OUTPUTS[operation.output] as z.ZodType, answer.body);
  } else errorBody.strict().parse(answer.body);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  return answer;
}
const refusal = (answer: Answer) => [answer.status, answer.body.error?.code];
const decideOn = (id: string, body: Json) => api("POST", `/requests/${id}/decision`, body);

async function walk(path: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body }: Answer = await api("GET", `${path}${path.includes("?") ? "&" : "?"}limit=1${more}`);
    expect(body.items.length).toBeLessThanOrEqual(1);
    ids.push(...body.items.map((item: Json) => item.id ?? String(item.version)));
    cursor = body.nextCursor;
  } while (cursor !== null && ids.length < 60);
  return ids;
}

beforeAll(async () => {
  console = await startConsole();
  raw = asToken(console, "owner", console.ownerToken);
  agent = await SignedAgent.enrol(console, raw, "crm-memory");
  await SignedAgent.enrol(console, raw, "files");
});

describe("requests", () => {
  it("lists and shows what waits, with the text that was asked and the digest to decide on", async () => {
    const held = await agent.hold({ entityNames: ["Northwind"], big: 1 });
    const list = await api("GET", "/requests?state=pending");
    expect(list.body.items.map((r: Json) => r.id)).toContain(held.id);
    expect(list.body.waiting).toBeGreaterThan(0);
    const { body } = await api("GET", `/requests/${held.id}`);
    expect(body).toMatchObject({
      id: held.id,
      state: "pending",
      server: { name: "crm-memory" },
      tool: { name: "delete_entities" },
      argumentsText: '{"entityNames":["Northwind"],"big":1}',
      digest: held.digest,
      risk: { tier: "high" },
      policy: { version: 1 },
      votes: [],
      outcome: null,
    });
    expect(refusal(await api("GET", "/requests/req_nothing0000"))).toEqual([404, "not_found"]);
    expect(refusal(await api("GET", "/requests?state=nonsense"))).toEqual([400, "malformed"]);
  });

  it("decides once: 200, then 409 with the standing decision", async () => {
    const held = await agent.hold({ n: 1 });
    const ok = await decideOn(held.id, { verdict: "approve", digest: held.digest, reason: "checked" });
    expect(ok.body).toMatchObject({
      state: "approved",
      decision: { verdict: "approve", reason: "checked", by: { type: "token", name: "tests" } },
      votes: [{ verdict: "approve" }],
    });
    const again = await decideOn(held.id, { verdict: "deny", digest: held.digest });
    expect(refusal(again)).toEqual([409, "already_decided"]);
    expect(again.body.error.details).toMatchObject({
      decision: { verdict: "approve", by: { name: "tests" } },
      state: "approved",
    });
  });

  it("refuses what is malformed 400, unknown 404, too large 413, another call 422, too late 409", async () => {
    const held = await agent.hold({ n: 2 });
    const good = { verdict: "approve", digest: held.digest };
    for (const bad of [{}, { ...good, verdict: "maybe" }, { ...good, digest: "short" }, [good], "not json"]) {
      expect(refusal(await decideOn(held.id, bad))).toEqual([400, "malformed"]);
    }
    const malformed = await decideOn(held.id, { digest: held.digest });
    expect(malformed.body.error.issues).toMatchObject([{ path: "verdict" }]);
    expect(refusal(await decideOn("req_nothing0000", good))).toEqual([404, "not_found"]);
    const large = JSON.stringify({ ...good, reason: "x".repeat(4_100_000) });
    expect(refusal(await decideOn(held.id, large))).toEqual([413, "too_large"]);
    const other = await decideOn(held.id, { ...good, digest: "0".repeat(64) });
    expect(refusal(other)).toEqual([422, "digest_mismatch"]);
    expect((await api("GET", `/requests/${held.id}`)).body.state).toBe("pending");
    await ask(console.database.ownerUrl, `update requests set expires_at = now() where id = '${held.id}'`);
    expect(refusal(await decideOn(held.id, good))).toEqual([409, "expired"]);
  });

  it("withdraws an approval until it is released, and tells how it ended", async () => {
    const held = await agent.hold({ n: 3 });
    await decideOn(held.id, { verdict: "approve", digest: held.digest });
    const withdrawn = await api("POST", `/requests/${held.id}/withdraw`, { reason: "wrong customer" });
    expect(withdrawn.body).toMatchObject({ state: "withdrawn", outcome: { state: "withdrawn" } });
    expect(refusal(await agent.claim(held))).toEqual([409, "not_claimable"]);

    const second = await agent.hold({ n: 4 });
    await decideOn(second.id, { verdict: "approve", digest: second.digest });
    expect((await agent.claim(second)).status).toBe(200);
    expect(refusal(await api("POST", `/requests/${second.id}/withdraw`, {}))).toEqual([409, "conflict"]);
    const ended = { outcome: "executed", resultFingerprint: null, durationMs: 3 };
    await agent.report({ type: "call.finished", call: "call_0000000001", request: second.id, ...ended });
    const { body } = await api("GET", `/requests/${second.id}`);
    expect(body).toMatchObject({ state: "executed", outcome: { state: "executed" } });
  });

  it("masks what looks like a secret, and reveals to people only", async () => {
    const held = await agent.hold({ password: "hunter2-hunter2" });
    const { body } = await api("GET", `/requests/${held.id}`);
    expect(body.argumentsText).not.toContain("hunter2");
    expect(body.arguments).toMatchObject({ access: "shown", masked: 1, revealed: false });
    expect((await api("POST", `/requests/${held.id}/open`, {})).body).toEqual({ opened: true });
    expect(refusal(await api("POST", `/requests/${held.id}/reveal`, {}))).toEqual([403, "forbidden"]);
  });
});

describe("policies", () => {
  it("are published on the version they were written on: 409 stale, 422 with the place of each mistake", async () => {
    const { body: standing } = await api("GET", "/policies");
    const document = { ...standing.document, hold: { ...standing.document.hold, timeLimitMinutes: 45 } };
    const put = (given: unknown, baseVersion = standing.version) =>
      api("PUT", "/policies", { document: given, baseVersion, comment: "longer" });
    const wrong = await put({ ...document, rules: [{ id: "a", match: {}, when: "nope(", effect: "hold" }] });
    expect(refusal(wrong)).toEqual([422, "invalid"]);
    expect(wrong.body.error.issues.map((issue: Json) => issue.path)).toEqual(["rules[0].when"]);
    const nobody = { ...document, hold: { deciders: { people: ["nobody@example.test"] } } };
    const stuck = await put(nobody);
    expect(refusal(stuck)).toEqual([422, "invalid"]);
    expect(stuck.body.error.issues[0].path).toBe("hold.deciders");
    expect((await api("GET", "/policies")).body.version).toBe(standing.version);

    const published = await put(document);
    expect(published.body).toMatchObject({ version: standing.version + 1, comment: "longer" });
    expect(published.body.digest).not.toBe(standing.digest);
    const stale = await put(document);
    expect(refusal(stale)).toEqual([409, "stale_version"]);
    expect(stale.body.error.details.version).toBe(standing.version + 1);
    expect(refusal(await api("PUT", "/policies", { document }))).toEqual([400, "malformed"]);
    expect((await api("GET", `/policies?version=${standing.version}`)).body.digest).toBe(standing.digest);
    expect(refusal(await api("GET", "/policies?version=999"))).toEqual([404, "not_found"]);
    expect(await walk("/policies/versions")).toEqual(["2", "1"]);
  });

  it("can be tried on a call before anything is published", async () => {
    const call = { server: "crm-memory", tool: "delete_entities", argumentsText: '{"n":1}' };
    expect((await api("POST", "/policies/try", call)).body).toMatchObject({ effect: "hold", tier: "high" });
    const deny = { id: "none", match: { tools: ["delete_*"] }, when: "args.n == 1", effect: "deny" };
    const document = { version: 1, rules: [deny] };
    expect((await api("POST", "/policies/try", { ...call, document })).body).toMatchObject({
      effect: "deny",
      rule: { id: "none", index: 0 },
    });
    const twice = await api("POST", "/policies/try", { ...call, argumentsText: '{"n":1,"n":2}' });
    expect(refusal(twice)).toEqual([422, "invalid"]);
    expect((await api("GET", "/policies/versions")).body.items).toHaveLength(2);
  });
});

describe("inventory", () => {
  it("shows servers and the tools that agents listed, whatever their names hold", async () => {
    const tool = { digest: "b".repeat(64), title: null, annotations: null, reasons: ["r"] };
    const listed = await agent.report(
      {
        type: "session.opened",
        session: "ses_00000001",
        caller: null,
        client: { name: "c\0", version: "1", protocolVersion: null },
      },
      {
        type: "server.listed",
        serverInfo: { name: "memory", version: "1.0" },
        tools: [
          { ...tool, name: "read_graph", riskClass: "read", tier: "low" },
          { ...tool, name: "odd\0name", riskClass: "execute", tier: "critical" },
        ],
      },
    );
    expect(listed.status).toBe(200);
    const { body } = await api("GET", "/tools?limit=200&server=crm-memory");
    expect(body.items.map((t: Json) => t.name)).toEqual(
      expect.arrayContaining(["read_graph", "odd\uFFFDname"]),
    );
    const [first] = body.items;
    expect((await api("GET", `/tools/${first.id}`)).body).toEqual(first);
    expect((await api("GET", "/tools?state=in_review")).body.items.length).toBeGreaterThan(0);
    expect((await api("GET", "/tools?state=approved")).body.items).toEqual([]);
    const servers = await api("GET", "/servers?q=crm");
    expect(servers.body.items).toMatchObject([{ name: "crm-memory", serverInfo: { name: "memory" } }]);
    const { id } = servers.body.items[0];
    expect((await api("GET", `/servers/${id}`)).body.agents).toHaveLength(1);
    for (const path of ["/servers/srv_nothing0000", "/tools/tool_nothing0000"]) {
      expect(refusal(await api("GET", path))).toEqual([404, "not_found"]);
    }
    expect(refusal(await api("POST", "/servers", { server: "crm-mernory" }))).toEqual([409, "conflict"]);
    const observe = { mode: "observe" };
    expect(refusal(await api("POST", `/servers/${id}/mode`, observe))).toEqual([422, "invalid"]);
  });
});

describe("lists", () => {
  it("give 1 to 200 at once, go on by cursor without gap or double, and take no cursor but their own", async () => {
    const lists = [
      "/requests",
      "/servers",
      "/tools",
      "/users",
      "/tokens",
      "/audit?action=request",
      "/policies/versions",
    ];
    await waitFor(async () => (await api("GET", "/health")).body.sequencer.queued === 0);
    for (const path of lists) {
      const sep = path.includes("?") ? "&" : "?";
      for (const limit of ["0", "201", "-1", "1.5", "many", ""]) {
        expect(refusal(await api("GET", `${path}${sep}limit=${limit}`)), `${path} ${limit}`).toEqual([
          400,
          "malformed",
        ]);
      }
      const whole = await api("GET", `${path}${sep}limit=200`);
      const all = whole.body.items.map((item: Json) => item.id ?? String(item.version));
      expect(all.length).toBeGreaterThan(0);
      expect(await walk(path), path).toEqual(all.slice(0, 60));
    }
    for (const path of ["/requests", "/users", "/tokens", "/audit", "/policies/versions"]) {
      for (const cursor of ["nonsense", "eyJhIjoxfQ", "99999999999999", "-1"]) {
        expect(refusal(await api("GET", `${path}?cursor=${cursor}`)), `${path} ${cursor}`).toEqual([
          400,
          "malformed",
        ]);
      }
    }
    for (const path of ["/audit?q=%00", "/requests/%00", "/servers?cursor=%00"]) {
      expect(refusal(await raw("GET", path)), path).toEqual([400, "malformed"]);
    }
    expect(refusal(await raw("POST", "/servers", { server: "a\0b" }))).toEqual([400, "malformed"]);
  });

  it("filter the trail", async () => {
    const { body } = await api("GET", "/audit?action=policy.publish");
    expect(body.items).toMatchObject([
      { actor: { type: "token", name: "tests" }, outcome: "success", reason: "longer" },
    ]);
    const from = body.items[0].time;
    expect((await api("GET", `/audit?action=policy.publish&to=${from}`)).body.items).toEqual([]);
    const mine = await api("GET", "/audit?actor=tests&limit=200");
    expect(mine.body.items.every((e: Json) => e.actor.name === "tests")).toBe(true);
    expect(refusal(await api("GET", "/audit?from=yesterday"))).toEqual([400, "malformed"]);
  });
});

describe("without a login", () => {
  it("there is health and the description, and nothing else", async () => {
    const nobody = sender(console, "nobody", {});
    const health = await nobody("GET", "/health");
    expect([health.status, health.body.ready]).toEqual([200, true]);
    const description = await nobody("GET", "/openapi.json");
    expect(description.body).toMatchObject({ openapi: "3.1.0", servers: [{ url: `${console.url}/api/v1` }] });
    expect(Object.keys(description.body.paths)).toHaveLength(new Set(OPERATIONS.map((o) => o.path)).size);
  });
});
