import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { sha256 } from "@/lib/core/crypto";
import { account, Browser, entries, ORIGIN, PASSWORD } from "../support/auth-client";
import { dumpAll, type TestDatabase, testDatabase } from "../support/database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ AUTH_URL: ORIGIN });
});

const sessionOf = (browser: Browser) => browser.cookies.get("assentry.session") ?? "";

describe("signing in with a password", () => {
  it("gives a session that is stored by its hash, lives eight hours, and is recorded with address and browser", async () => {
    const { id, email } = await account("approver");
    const browser = new Browser("198.51.100.1");
    expect(await browser.signIn(email.toUpperCase())).toBe("ok");
    expect(sessionOf(browser)).toMatch(/^[0-9a-f]{64}$/);
    expect(await browser.context()).toMatchObject({
      type: "person",
      id,
      role: "approver",
      ip: "198.51.100.1",
    });
    const { rows } = await db().execute(sql`
      select ip, user_agent, extract(epoch from expires - now())::int as life from sessions
      where token_hash = ${sha256(sessionOf(browser))}`);
    expect(rows).toMatchObject([{ ip: "198.51.100.1", user_agent: "test browser" }]);
    expect(Math.abs(Number(rows[0]?.life) - 8 * 3600)).toBeLessThan(60);
    expect((await entries("session.create")).at(-1)).toMatchObject({
      actor_type: "person",
      actor_id: id,
      ip: "198.51.100.1",
      outcome: "success",
      detail: { provider: "password", userAgent: "test browser" },
    });
  });

  it("says the same for a wrong password, an unknown, a disabled and a passwordless account", async () => {
    const known = await account("member");
    const disabled = await account("member");
    await db().execute(sql`update users set disabled_at = now() where id = ${disabled.id}`);
    const passwordless = await account("member");
    await db().execute(sql`update users set password_hash = null where id = ${passwordless.id}`);
    const answers = [
      await new Browser("198.51.100.2").signIn(known.email, "wrong"),
      await new Browser("198.51.100.2").signIn("who@example.org"),
      await new Browser("198.51.100.2").signIn(disabled.email),
      await new Browser("198.51.100.2").signIn(passwordless.email, ""),
      await new Browser("198.51.100.2").signIn("inеs@example.org"),
    ];
    expect(answers).toEqual(Array(5).fill("unauthenticated"));
    const refused = (await entries("session.refuse")).filter((e) => e.ip === "198.51.100.2");
    expect(refused.map((e) => [e.subject_id, e.reason])).toEqual([
      [known.id, "wrong password"],
      ["unknown", "unknown account"],
      [disabled.id, "disabled account"],
      [passwordless.id, "this account has no password"],
      ["unknown", "unknown account"],
    ]);
    expect(JSON.stringify(refused)).not.toContain("who@example.org");
  });

  it("stops guessing at one account from one source, also when the guesses come at the same moment", async () => {
    const { email } = await account("member");
    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, i) => new Browser("198.51.100.3").signIn(email, `guess number ${i}`)),
    );
    expect(guesses.filter((code) => code === "unauthenticated")).toHaveLength(5);
    expect(guesses.filter((code) => code === "rate_limited")).toHaveLength(15);
    expect(await new Browser("198.51.100.3").signIn(email)).toBe("rate_limited");
    expect(await new Browser("198.51.100.4").signIn(email)).toBe("ok");
    const blocked = (await entries("session.refuse")).filter((e) => e.reason === "too many attempts");
    expect(blocked.map((e) => e.detail.count)).toEqual(expect.arrayContaining([1, 10]));
    expect(blocked).toHaveLength(2);
  });

  it("stops one source that tries many accounts", async () => {
    const codes = new Set<string>();
    for (let i = 0; i < 31; i++)
      codes.add(await new Browser("198.51.100.5").signIn(`guess${i}@example.org`, "x"));
    expect([...codes]).toEqual(["unauthenticated", "rate_limited"]);
  });

  it("forgives the attempts before the right one", async () => {
    const { email } = await account("member");
    const browser = new Browser("198.51.100.6");
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) expect(await browser.signIn(email, "wrong")).toBe("unauthenticated");
      expect(await browser.signIn(email)).toBe("ok");
    }
  });

  it("needs our own page and its CSRF token", async () => {
    const { email } = await account("member");
    const browser = new Browser("198.51.100.7");
    const fields = { email, password: PASSWORD };
    for (const origin of ["https://evil.example", "null", `${ORIGIN}.evil.example`]) {
      expect((await browser.auth("callback/credentials", fields, { origin })).status).toBe(403);
    }
    await browser.auth("callback/credentials", { ...fields, csrfToken: "forged" });
    expect(sessionOf(browser)).toBe("");
  });

  it("leads nowhere else afterwards", async () => {
    const { email } = await account("member");
    for (const callbackUrl of [
      "https://evil.example/",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
    ]) {
      const fields = { email, password: PASSWORD, callbackUrl };
      const answer = await new Browser("198.51.100.8").auth("callback/credentials", fields);
      const { url, message } = (await answer.json()) as { url?: string; message?: string };
      if (url) expect(new URL(url).origin).toBe(ORIGIN);
      else expect(message).toContain("configuration");
    }
  });

  it("replaces the session this browser had", async () => {
    const { email } = await account("member");
    const browser = new Browser("198.51.100.9");
    await browser.signIn(email);
    const before = new Browser();
    before.cookies.set("assentry.session", sessionOf(browser));
    expect(await browser.signIn(email)).toBe("ok");
    expect((await before.context()).type).toBe("anonymous");
    expect((await browser.context()).type).toBe("person");
  });
});

describe("a session", () => {
  it("ends with signing out, with its time, and with the account", async () => {
    const { id, email } = await account("member");
    const [one, two, three] = [new Browser("1.1.1.1"), new Browser("1.1.1.2"), new Browser("1.1.1.3")];
    for (const browser of [one, two, three]) await browser.signIn(email);
    const kept = new Browser();
    kept.cookies.set("assentry.session", sessionOf(one));
    await one.auth("signout", {});
    expect(sessionOf(one)).toBe("");
    expect((await kept.context()).type).toBe("anonymous");
    const hash = sha256(sessionOf(two));
    await db().execute(sql`update sessions set expires = now() where token_hash = ${hash}`);
    expect((await two.context()).type).toBe("anonymous");
    expect((await three.context()).type).toBe("person");
    await db().execute(sql`update users set disabled_at = now() where id = ${id}`);
    expect((await three.context()).type).toBe("anonymous");
    expect((await entries("session.revoke")).at(-1)).toMatchObject({ subject_id: id, reason: "signed out" });
  });

  it("takes the role from the account as it is now, and none while the password is somebody else's", async () => {
    const { id, email } = await account("admin");
    const browser = new Browser("1.1.1.4");
    await browser.signIn(email);
    await db().execute(sql`update users set role = 'member' where id = ${id}`);
    expect((await browser.context()).role).toBe("member");
    await db().execute(sql`update users set must_change_password = true where id = ${id}`);
    expect((await browser.context()).role).toBeNull();
  });

  it("cannot be had from the database: a dump signs nobody in", async () => {
    const { email } = await account("owner");
    const browser = new Browser("1.1.1.5");
    await browser.signIn(email);
    const dump = await dumpAll(database);
    expect(dump).not.toContain(sessionOf(browser));
    expect(dump).not.toContain(PASSWORD);
    const thief = new Browser();
    thief.cookies.set("assentry.session", sha256(sessionOf(browser)));
    expect((await thief.context()).type).toBe("anonymous");
  });
});

it("answers for nothing of next-auth but what the sign-in page needs", async () => {
  const browser = new Browser();
  for (const path of [
    "session",
    "providers",
    "signin",
    "signout",
    "error",
    "verify-request",
    "callback/credentials",
  ]) {
    expect([path, (await browser.auth(path)).status]).toEqual([path, 404]);
  }
  expect((await browser.auth("session", {})).status).toBe(404);
});
