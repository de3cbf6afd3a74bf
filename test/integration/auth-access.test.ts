import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { POST as changePasswordRoute } from "@/app/api/v1/me/password/route";
import { GET as getMe } from "@/app/api/v1/me/route";
import { DELETE as deleteSession } from "@/app/api/v1/sessions/[id]/route";
import { DELETE as deleteSessions, GET as getSessions } from "@/app/api/v1/sessions/route";
import { DELETE as deleteToken } from "@/app/api/v1/tokens/[id]/route";
import { GET as getTokens, POST as postTokens } from "@/app/api/v1/tokens/route";
import { POST as resetRoute } from "@/app/api/v1/users/[id]/password/route";
import { PATCH as patchUser } from "@/app/api/v1/users/[id]/route";
import { GET as getUsers, POST as postUsers } from "@/app/api/v1/users/route";
import { db } from "@/db/client";
import { createToken } from "@/lib/auth/create-token";
import { account, Browser, entries, ORIGIN, PASSWORD, system } from "../support/auth-client";
import { dumpAll, type TestDatabase, testDatabase } from "../support/database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ AUTH_URL: ORIGIN });
});

let sources = 0;
async function signedIn(role: Parameters<typeof account>[0]) {
  const { id, email } = await account(role);
  sources += 1;
  const browser = new Browser(`192.0.2.${sources}`);
  expect(await browser.signIn(email)).toBe("ok");
  return { id, email, browser };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("who asks", () => {
  it("is a person, a token or nobody; a bad token is never passed over for the cookie", async () => {
    const { browser, email } = await signedIn("auditor");
    expect(await browser.api(getMe, "/api/v1/me")).toMatchObject({
      status: 200,
      body: { type: "person", email, role: "auditor", mustChangePassword: false },
    });
    const { token } = await createToken(system(), { name: "ci", role: "approver" });
    const me = await browser.api(getMe, "/api/v1/me", bearer(token));
    expect(me.body).toMatchObject({ type: "token", name: "ci", role: "approver", email: null });
    expect((await new Browser().api(getMe, "/api/v1/me")).status).toBe(401);
    for (const authorization of ["", "Bearer", "Bearer ast_", `Bearer ${token}x`, `Basic ${token}`, token]) {
      const answer = await browser.api(getMe, "/api/v1/me", { headers: { authorization } });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
  });

  it("must come from our own pages to change something by cookie", async () => {
    const { browser } = await signedIn("owner");
    const body = { name: "ci", role: "approver" };
    const headers = { origin: "https://evil.example" };
    const refused = await browser.api(postTokens, "/api/v1/tokens", { method: "POST", body, headers });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: "bad_origin" } } });
    expect((await browser.api(postTokens, "/api/v1/tokens", { method: "POST", body })).status).toBe(201);
  });
});

describe("API tokens", () => {
  it("are shown once, kept hashed, and end when revoked or over", async () => {
    const { browser, id } = await signedIn("admin");
    const body = { name: "pipeline", role: "approver", expires: "2h" };
    const made = await browser.api(postTokens, "/api/v1/tokens", { method: "POST", body });
    const { token } = made.body;
    expect(made).toMatchObject({ status: 201, body: { name: "pipeline", createdBy: { id } } });
    expect(token).toMatch(/^ast_[0-9a-f]{64}$/);
    const listed = await browser.api(getTokens, "/api/v1/tokens");
    expect(JSON.stringify(listed.body)).not.toContain(token);
    expect(await dumpAll(database)).not.toContain(token);
    const anyone = new Browser();
    expect((await anyone.api(getMe, "/api/v1/me", bearer(token))).status).toBe(200);
    const again = await browser.api(getTokens, "/api/v1/tokens");
    expect(again.body.items.find((t: { id: string }) => t.id === made.body.id).lastUsedAt).not.toBeNull();
    const remove = { method: "DELETE", params: { id: made.body.id } };
    expect((await browser.api(deleteToken, "/api/v1/tokens/x", remove)).status).toBe(200);
    expect((await anyone.api(getMe, "/api/v1/me", bearer(token))).status).toBe(401);
    expect((await browser.api(deleteToken, "/api/v1/tokens/x", remove)).status).toBe(409);
    const short = await createToken(system(), { name: "short", role: "member", expires: "1h" });
    await db().execute(sql`update api_tokens set expires_at = now() where id = ${short.id}`);
    expect((await anyone.api(getMe, "/api/v1/me", bearer(short.token))).status).toBe(401);
    expect((await entries("token.revoke")).at(-1)).toMatchObject({ subject_id: made.body.id, actor_id: id });
  });

  it("never carry more than their maker may do, and make no further tokens", async () => {
    const { browser } = await signedIn("admin");
    const owner = { method: "POST", body: { name: "x", role: "owner" } };
    expect((await browser.api(postTokens, "/api/v1/tokens", owner)).status).toBe(403);
    for (const role of ["approver", "auditor", "member"] as const) {
      const { browser: other } = await signedIn(role);
      const body = { name: "x", role: "member" };
      expect((await other.api(postTokens, "/api/v1/tokens", { method: "POST", body })).status).toBe(403);
    }
    const { token } = await createToken(system(), { name: "root", role: "owner" });
    const answer = await new Browser().api(postTokens, "/api/v1/tokens", {
      method: "POST",
      body: { name: "x", role: "member" },
      ...bearer(token),
    });
    expect(answer.status).toBe(403);
    expect((await entries("access.refuse")).at(-1)).toMatchObject({
      actor_type: "token",
      outcome: "refused",
    });
  });
});

describe("accounts", () => {
  const patch = (browser: Browser, id: string, body: unknown) =>
    browser.api(patchUser, "/api/v1/users/x", { method: "PATCH", body, params: { id } });

  it("are made and listed without their password's hash", async () => {
    const { browser } = await signedIn("admin");
    const body = { email: "New.Person@Example.org", role: "approver" };
    const made = await browser.api(postUsers, "/api/v1/users", { method: "POST", body });
    expect(made).toMatchObject({
      status: 201,
      body: { user: { email: "new.person@example.org", role: "approver" } },
    });
    expect((await browser.api(postUsers, "/api/v1/users", { method: "POST", body })).status).toBe(409);
    const cyrillic = { email: "nеw@example.org", role: "approver" };
    expect((await browser.api(postUsers, "/api/v1/users", { method: "POST", body: cyrillic })).status).toBe(
      400,
    );
    const first = await browser.api(getUsers, "/api/v1/users?limit=2");
    const cursor = encodeURIComponent(first.body.nextCursor);
    const second = await browser.api(getUsers, `/api/v1/users?limit=200&cursor=${cursor}`);
    const { rows } = await db().execute<{ n: number }>(sql`select count(*)::int as n from users`);
    expect(first.body.items.length + second.body.items.length).toBe(rows[0]?.n);
    expect(JSON.stringify([first, second])).not.toMatch(/argon2|hash/i);
    expect((await browser.api(getUsers, "/api/v1/users?cursor=x")).status).toBe(400);
  });

  it("with a one-time password may only change it", async () => {
    const { browser } = await signedIn("owner");
    const made = await browser.api(postUsers, "/api/v1/users", {
      method: "POST",
      body: { email: "once@example.org", role: "owner" },
    });
    const person = new Browser("192.0.2.200");
    expect(await person.signIn("once@example.org", made.body.password)).toBe("ok");
    expect((await person.api(getMe, "/api/v1/me")).body).toMatchObject({
      role: null,
      mustChangePassword: true,
    });
    expect((await person.api(getUsers, "/api/v1/users")).status).toBe(403);
    const change = { current: made.body.password, password: PASSWORD };
    const post = { method: "POST", body: change };
    expect((await person.api(changePasswordRoute, "/api/v1/me/password", post)).status).toBe(200);
    expect((await person.api(getUsers, "/api/v1/users")).status).toBe(200);
  });

  it("keep their sessions until role, password or being enabled changes", async () => {
    const { browser: owner } = await signedIn("owner");
    const changes = [{ role: "auditor" }, { role: null }, { disabled: true }];
    for (const change of changes) {
      const { browser, id } = await signedIn("admin");
      const post = { method: "POST", body: { name: "t", role: "admin" } };
      const { token } = (await browser.api(postTokens, "/api/v1/tokens", post)).body;
      expect((await patch(owner, id, { name: "New Name" })).status).toBe(200);
      expect((await browser.context()).type).toBe("person");
      expect((await patch(owner, id, change)).status).toBe(200);
      expect((await browser.context()).type).toBe("anonymous");
      expect((await new Browser().api(getMe, "/api/v1/me", bearer(token))).status).toBe(401);
    }
    const { browser, id, email } = await signedIn("member");
    const answer = await owner.api(resetRoute, "/api/v1/users/x/password", {
      method: "POST",
      params: { id },
    });
    expect(answer.status).toBe(200);
    expect((await browser.context()).type).toBe("anonymous");
    expect(await new Browser("192.0.2.201").signIn(email)).toBe("unauthenticated");
    expect(await new Browser("192.0.2.202").signIn(email, answer.body.password)).toBe("ok");
  });

  it("note since when a role stands", async () => {
    const { browser: owner } = await signedIn("owner");
    const { id } = await account("member");
    await db().execute(sql`update users set role_since = '2020-01-01' where id = ${id}`);
    await patch(owner, id, { name: "Same Role", role: "member" });
    const since = () =>
      db().execute(sql`select role_since < now() - interval '1 day' as old from users where id = ${id}`);
    expect((await since()).rows).toEqual([{ old: true }]);
    await patch(owner, id, { role: "approver" });
    expect((await since()).rows).toEqual([{ old: false }]);
    expect((await entries("user.update")).at(-1)).toMatchObject({
      subject_id: id,
      detail: { role: "approver", before: "member" },
    });
  });

  it("are guarded by rank: an admin touches no owner, and nobody themselves", async () => {
    const { browser: admin, id: adminId } = await signedIn("admin");
    const { id: ownerId } = await account("owner");
    const { id: memberId } = await account("member");
    const body = { email: "boss@example.org", role: "owner" };
    expect((await admin.api(postUsers, "/api/v1/users", { method: "POST", body })).status).toBe(403);
    expect((await patch(admin, memberId, { role: "owner" })).status).toBe(403);
    expect((await patch(admin, ownerId, { disabled: true })).status).toBe(403);
    expect((await patch(admin, ownerId, { name: "x" })).status).toBe(403);
    const reset = { method: "POST", params: { id: ownerId } };
    expect((await admin.api(resetRoute, "/api/v1/users/x/password", reset)).status).toBe(403);
    expect((await patch(admin, adminId, { role: "approver" })).status).toBe(403);
    expect((await patch(admin, adminId, { disabled: true })).status).toBe(403);
    expect((await patch(admin, memberId, {})).status).toBe(400);
    expect((await patch(admin, "usr_none", { role: "member" })).status).toBe(404);
  });

  it("always leave one owner, also when two owners remove each other at once", async () => {
    await db().execute(sql`update users set role = 'member' where role = 'owner'`);
    const [a, b] = [await signedIn("owner"), await signedIn("owner")];
    const both = await Promise.all([
      patch(a.browser, b.id, { disabled: true }),
      patch(b.browser, a.id, { role: "member" }),
    ]);
    expect(both.map((answer) => answer.status).filter((status) => status === 200)).toHaveLength(1);
    const { rows } = await db().execute(
      sql`select id from users where role = 'owner' and disabled_at is null`,
    );
    expect(rows).toHaveLength(1);
  });
});

describe("one's own password and sessions", () => {
  it("changes only by the present one, ends the other sessions, and is not guessed", async () => {
    const { browser, email } = await signedIn("member");
    const other = new Browser("192.0.2.210");
    await other.signIn(email);
    const change = (body: unknown) =>
      browser.api(changePasswordRoute, "/api/v1/me/password", { method: "POST", body });
    expect((await change({ current: "wrong", password: "another long one" })).status).toBe(422);
    expect((await change({ current: PASSWORD, password: "short" })).status).toBe(400);
    expect((await change({ current: PASSWORD, password: PASSWORD })).status).toBe(422);
    expect((await other.context()).type).toBe("person");
    expect((await change({ current: PASSWORD, password: "another long one" })).status).toBe(200);
    expect((await other.context()).type).toBe("anonymous");
    expect((await browser.context()).type).toBe("person");
    expect(await new Browser("192.0.2.211").signIn(email, "another long one")).toBe("ok");
    const codes = [];
    for (let i = 0; i < 6; i++)
      codes.push((await change({ current: `guess ${i}`, password: PASSWORD })).status);
    expect(codes).toEqual([422, 422, 422, 422, 422, 429]);
  });

  it("are listed, and ended one by one or all others, only one's own", async () => {
    const { browser, email } = await signedIn("member");
    const { browser: stranger } = await signedIn("owner");
    const others = [new Browser("192.0.2.220"), new Browser("192.0.2.221"), new Browser("192.0.2.222")];
    for (const other of others) await other.signIn(email);
    const { items } = (await browser.api(getSessions, "/api/v1/sessions")).body;
    expect(items.map((s: { current: boolean }) => s.current).filter(Boolean)).toHaveLength(1);
    expect(items).toHaveLength(4);
    const victim = items.find((s: { ip: string }) => s.ip === "192.0.2.220");
    const remove = { method: "DELETE", params: { id: victim.id } };
    expect((await stranger.api(deleteSession, "/api/v1/sessions/x", remove)).status).toBe(404);
    expect((await browser.api(deleteSession, "/api/v1/sessions/x", remove)).body).toEqual({ revoked: 1 });
    const kinds = async () => Promise.all(others.map(async (other) => (await other.context()).type));
    expect(await kinds()).toEqual(["anonymous", "person", "person"]);
    const all = await browser.api(deleteSessions, "/api/v1/sessions", { method: "DELETE" });
    expect(all.body).toEqual({ revoked: 2 });
    expect(await kinds()).toEqual(["anonymous", "anonymous", "anonymous"]);
    expect((await browser.context()).type).toBe("person");
  });
});
