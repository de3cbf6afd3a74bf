import { beforeAll, describe, expect, it } from "vitest";
import { errorBody } from "@/agent/contract/v1";
import { ROLES, type Role } from "@/agent/contract/vocabulary";
import { OPERATIONS, rolesOf } from "@/lib/http/openapi";
import {
  type Answer,
  answers,
  asSession,
  asToken,
  everyRole,
  PASSWORD,
  type Send,
  SignedAgent,
  type Somebody,
  sender,
  sha256,
  signIn,
} from "../support/api-world";
import { type Json, OWNER, startConsole, type TestConsole } from "../support/console";
import { ask } from "../support/launcher";

const MARKER = "MARKER-in-the-arguments";

let console: TestConsole;
let ownerSession: string;
let owner: Send;
let nobody: Send;
let people: Record<Role, Somebody>;
let agent: SignedAgent;
let held: Awaited<ReturnType<SignedAgent["hold"]>>;
let membersHeld: typeof held;

const refusal = (answer: Answer) => [answer.status, answer.body.error?.code];
const own = (path: string) => path.replace("{id}", "req_nothing0000");

beforeAll(async () => {
  console = await startConsole();
  ownerSession = await signIn(console, OWNER.email, OWNER.password);
  owner = asSession(console, "first owner", ownerSession);
  nobody = sender(console, "nobody", {});
  people = await everyRole(console, owner);
  agent = await SignedAgent.enrol(console, owner, "crm-memory");
  held = await agent.hold({ note: MARKER });
  const members = await SignedAgent.enrol(console, owner, "own-server", people.member.email);
  membersHeld = await members.hold({ note: MARKER, password: MARKER });
});

describe("roles", () => {
  it.each(ROLES)("%s may exactly what the description says, by session and by token", async (role) => {
    const wrong: string[] = [];
    for (const operation of OPERATIONS) {
      const allowed = rolesOf(operation);
      const method = operation.method.toUpperCase();
      // Ending other sessions would end those that this test uses.
      if (operation.path === "/sessions" && method === "DELETE") continue;
      const body = method === "GET" ? undefined : {};
      for (const [by, send] of [
        ["session", people[role].bySession],
        ["token", people[role].byToken],
      ] as const) {
        const answer = await send(method, own(operation.path), body);
        const may = allowed ? allowed.includes(role) : operation.access === "open" || by === "session";
        const refused = answer.status === 403 || answer.status === 401;
        if (refused === may || answer.status >= 500)
          wrong.push(`${by}: ${method} ${operation.path} → ${answer.status}`);
        if (refused) {
          expect(answer.body.error.code).toBe("forbidden");
          errorBody.strict().parse(answer.body);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("lets nobody in without a login but to health and the description", async () => {
    const open: string[] = [];
    for (const { method, path } of OPERATIONS) {
      const answer = await nobody(method.toUpperCase(), own(path), method === "get" ? undefined : {});
      if (answer.status !== 401) open.push(path);
      else expect(answer.body.error.code).toBe("unauthenticated");
    }
    expect(open).toEqual(["/openapi.json", "/health"]);
    expect(refusal(await nobody("GET", "/api/events"))).toEqual([401, "unauthenticated"]);
  });

  it("shows a member their own servers and requests only, and never an argument", async () => {
    const { bySession, byToken } = people.member;
    const list = await bySession("GET", "/requests");
    expect(list.body.items.map((r: Json) => r.id)).toEqual([membersHeld.id]);
    expect(list.body.waiting).toBe(1);
    expect((await bySession("GET", "/servers")).body.items.map((s: Json) => s.name)).toEqual(["own-server"]);
    expect((await bySession("GET", "/tools")).body.items).toHaveLength(1);
    const shown = await bySession("GET", `/requests/${membersHeld.id}`);
    expect(shown.body).toMatchObject({ argumentsText: null, arguments: { access: "forbidden", bytes: 0 } });
    expect(refusal(await bySession("GET", `/requests/${held.id}`))).toEqual([404, "not_found"]);
    for (const act of ["open", "reveal", "decision", "withdraw"]) {
      expect(refusal(await bySession("POST", `/requests/${membersHeld.id}/${act}`, {}))).toEqual([
        403,
        "forbidden",
      ]);
    }
    expect((await byToken("GET", "/requests")).body.items).toEqual([]);
    const texts = answers.filter((a) => a.who.startsWith("member")).map((a) => a.text);
    expect(texts.length).toBeGreaterThan(20);
    expect(texts.filter((text) => text.includes(MARKER))).toEqual([]);
  });

  it("shows an auditor everything but arguments, and an approver their own acts in the trail", async () => {
    const seen = await people.auditor.bySession("GET", `/requests/${held.id}`);
    expect(seen.body).toMatchObject({ argumentsText: null, arguments: { access: "forbidden" } });
    const digest = held.digest;
    const decided = await people.approver.bySession("POST", `/requests/${held.id}/decision`, {
      verdict: "deny",
      digest,
    });
    expect(decided.body).toMatchObject({
      state: "denied",
      decision: { by: { type: "person", name: "The approver" } },
    });
    const acts = await people.approver.bySession("GET", "/audit?limit=200");
    expect(new Set(acts.body.items.map((e: Json) => e.actor.id))).toEqual(new Set([people.approver.id]));
    expect(acts.body.items.map((e: Json) => e.action)).toContain("request.deny");
  });

  it("reveals masked values to people who may decide, and records it", async () => {
    const path = `/requests/${membersHeld.id}/reveal`;
    expect(refusal(await people.approver.byToken("POST", path, {}))).toEqual([403, "forbidden"]);
    const shown = await people.approver.bySession("POST", path, {});
    expect(JSON.parse(shown.body.argumentsText).password).toBe(MARKER);
    const { body } = await owner("GET", `/audit?action=request.reveal&request=${membersHeld.id}`);
    expect(body.items).toMatchObject([{ outcome: "success", actor: { id: people.approver.id } }]);
  });

  it("lets nobody rise: an admin makes no owner, a token no token", async () => {
    const { bySession } = people.admin;
    const give = (role: string) =>
      bySession("POST", "/users", { email: "new@example.test", role, password: PASSWORD });
    expect(refusal(await give("owner"))).toEqual([403, "forbidden"]);
    expect(refusal(await bySession("POST", "/tokens", { name: "up", role: "owner" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(refusal(await bySession("PATCH", `/users/${people.owner.id}`, { role: "member" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(refusal(await people.owner.byToken("POST", "/tokens", { name: "more", role: "member" }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(refusal(await bySession("PATCH", `/users/${people.admin.id}`, { role: "approver" }))).toEqual([
      403,
      "forbidden",
    ]);
  });
});

describe("who sends", () => {
  it("by cookie must come from the console's own pages to change anything", async () => {
    const cookie = { cookie: `assentry.session=${ownerSession}` };
    const change = (headers: Record<string, string>) =>
      sender(console, "browser", cookie)("POST", "/servers", { server: "from-elsewhere" }, headers);
    for (const origin of [
      "https://evil.test",
      "null",
      `${console.url}.evil.test`,
      console.url.replace("http:", "https:"),
    ]) {
      expect(refusal(await change({ origin }))).toEqual([403, "bad_origin"]);
    }
    expect(refusal(await change({}))).toEqual([403, "bad_origin"]);
    expect(
      (
        await sender(console, "browser", cookie)("GET", "/servers", undefined, {
          origin: "https://evil.test",
        })
      ).status,
    ).toBe(200);
    expect((await owner("GET", "/servers?q=from-elsewhere")).body.items).toEqual([]);
    expect((await change({ origin: console.url })).status).toBe(201);
  });

  it("by token must send one that is known, alive and unexpired; the cookie never stands in for it", async () => {
    const { token } = people.approver;
    const spare = await owner("POST", "/tokens", { name: "spare", role: "auditor" });
    await owner("DELETE", `/tokens/${spare.body.id}`, {});
    const expired = await owner("POST", "/tokens", { name: "old", role: "auditor", expires: "1h" });
    await ask(
      console.database.ownerUrl,
      `update api_tokens set expires_at = now() where id = '${expired.body.id}'`,
    );
    const bad = [
      "",
      "Bearer",
      "Bearer ",
      `Basic ${token}`,
      token,
      `Bearer ${token}x`,
      `Bearer ast_${"0".repeat(64)}`,
    ];
    bad.push(`Bearer ${spare.body.token}`, `Bearer ${expired.body.token}`);
    for (const authorization of bad) {
      const headers = { authorization, cookie: `assentry.session=${ownerSession}` };
      const answer = await sender(console, "bad bearer", headers)("GET", "/requests");
      expect(refusal(answer), authorization).toEqual([401, "unauthenticated"]);
    }
    expect((await asToken(console, "approver", token)("GET", "/requests")).status).toBe(200);
    expect(
      refusal(
        await sender(console, "two", {
          cookie: `assentry.session=${ownerSession}; assentry.session=${"0".repeat(64)}`,
        })("GET", "/requests"),
      ),
    ).toEqual([401, "unauthenticated"]);
  });

  it("and may not is recorded: people each time, strangers counted by source and minute", async () => {
    await people.member.bySession("GET", "/users");
    const mine = await owner("GET", `/audit?action=access.refuse&actor=${people.member.id}&limit=1`);
    expect(mine.body.items).toMatchObject([
      { outcome: "refused", detail: { code: "forbidden", permission: "users.read" } },
    ]);
    for (let i = 0; i < 25; i++) await nobody("GET", "/requests");
    const [row] = await ask(
      console.database.ownerUrl,
      `select count(*)::int as entries, max((detail->>'count')::int)::int as most, bool_and(detail->>'count' ~ '^10*$') as tens
       from audit_entries where action = 'access.refuse' and actor_type = 'anonymous'`,
    );
    expect(row?.most).toBeGreaterThanOrEqual(10);
    expect(row?.tens).toBe(true);
    expect(row?.entries).toBeLessThan(20);
  });
});

describe("what is never said", () => {
  it("is why something broke: an unknown error has its id and no more", async () => {
    await ask(console.database.ownerUrl, "alter table tools rename to tools_elsewhere");
    const answer = await owner("GET", "/tools");
    await ask(console.database.ownerUrl, "alter table tools_elsewhere rename to tools");
    expect(answer.status).toBe(500);
    const requestId = answer.headers.get("x-request-id");
    expect(answer.body).toEqual({
      error: {
        code: "internal",
        message: "Something went wrong on our side. Quote the request id.",
        requestId,
      },
    });
    expect(console.processes[0]?.output()).toContain(requestId);
    expect((await owner("GET", "/tools")).status).toBe(200);
  });

  it("is a hash of a password, a session or a token, or a token after its first showing", async () => {
    await people.owner.bySession("GET", "/tokens");
    await people.owner.bySession("GET", "/users");
    await people.owner.bySession("GET", "/sessions");
    const texts = answers.map((a) => a.text);
    expect(texts.length).toBeGreaterThan(300);
    const said = (needle: string) => texts.filter((text) => text.includes(needle)).length;
    expect(said("$argon2")).toBe(0);
    expect(said(PASSWORD)).toBe(0);
    for (const { token, session } of Object.values(people)) {
      expect([said(sha256(token)), said(sha256(session)), said(session), said(token)]).toEqual([0, 0, 0, 1]);
    }
    expect(said(sha256(ownerSession))).toBe(0);
  });
});
