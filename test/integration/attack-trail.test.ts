import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { Client } from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { sequence } from "@/lib/audit/sequencer";
import { verifyLog } from "@/lib/audit/verify-log";
import { createUser } from "@/lib/auth/create-user";
import { decide } from "@/lib/requests/decide";
import { holdCall } from "@/lib/requests/hold-call";
import { system } from "../support/auth-client";
import { run } from "../support/console";
import { createDatabase, databaseEnv, type TestDatabase, testDatabase } from "../support/database";
import { ask } from "../support/launcher";
import { enrolledAgent, heldCall, person } from "../support/world";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});

const prepare = (env: Record<string, string>) =>
  run(process.execPath, ["--import", "tsx", "scripts/prepare.ts"], { NODE_ENV: "production", ...env });
const failure = (work: Promise<unknown>) =>
  work.then(
    () => "it went through",
    (error: Error) => error.message,
  );

describe("somebody with the application's role", () => {
  it("cannot rewrite a vote, a decision or an entry", async () => {
    const agent = await enrolledAgent("crm-memory");
    const held = await holdCall(agent.context, heldCall(agent));
    await decide(await person("approver"), { id: held.id, verdict: "approve", digest: held.digest });
    for (const table of ["votes", "decisions", "policy_versions", "audit_entries", "audit_leaves"]) {
      for (const statement of [
        `update ${table} set reason = 'x'`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        const client = new Client({ connectionString: database.url });
        await client.connect();
        const said = await failure(
          client.query(statement.replace("reason", table === "votes" ? "reason" : "ctid")),
        );
        await client.end();
        expect(said, statement).toMatch(/permission denied|column|append-only/);
      }
    }
    expect((await db().execute(sql`select verdict from votes`)).rows).toEqual([{ verdict: "approve" }]);
  });

  it("cannot keep an entry out of the log without being noticed", async () => {
    while ((await sequence()) !== 0);
    expect(await verifyLog(system(), {})).toMatchObject({ ok: true });
    const { user } = await createUser(system(), { email: "hidden@example.test", role: "admin" });
    await db().execute(sql`delete from audit_queue`);
    const found = await verifyLog(system(), {});
    expect(found.ok).toBe(false);
    expect(found.problems).toHaveLength(1);
    const { rows } = await db().execute<{ id: string }>(
      sql`select id from audit_entries where subject_id = ${user.id}`,
    );
    expect(found.problems[0]).toContain(rows[0]?.id);
  });
});

describe("the first start", () => {
  it("is refused in production to a role that could rewrite the trail, by whatever way", async () => {
    const fresh = await createDatabase();
    const env = databaseEnv(fresh);
    const owner = { ...env, DATABASE_URL: fresh.ownerUrl, DATABASE_URL_DIRECT: fresh.ownerUrl };
    expect(await failure(prepare(owner))).toContain("may rewrite the audit trail");
    // Who may take the owning role has no privilege at hand, but is one statement away from it.
    const role = `sly_${randomBytes(4).toString("hex")}`;
    const app = new URL(fresh.url).username;
    const [own] = await ask(
      fresh.ownerUrl,
      "select tableowner from pg_tables where tablename = 'audit_entries'",
    );
    await ask(
      fresh.ownerUrl,
      `create role ${role} login password '${role}'; create role ${role}_owner;
       alter table audit_leaves owner to ${role}_owner;
       grant ${app} to ${role} with inherit true; grant ${role}_owner to ${role} with inherit false`,
    );
    const url = new URL(fresh.url);
    url.username = role;
    url.password = role;
    const sly = { ...env, DATABASE_URL: url.href, DATABASE_URL_DIRECT: url.href };
    expect(await failure(prepare(sly))).toContain("may rewrite the audit trail");
    await ask(fresh.ownerUrl, `alter table audit_leaves owner to ${own?.tableowner}`);
    await ask(
      fresh.ownerUrl,
      `drop owned by ${role}, ${role}_owner; drop role ${role}; drop role ${role}_owner`,
    );
    expect(await failure(prepare({ ...env, ASSENTRY_OWNER_PASSWORD: "short" }))).toContain(
      "at least 10 characters",
    );
    expect(await ask(fresh.ownerUrl, "select id from users")).toEqual([]);
    await fresh.drop();
  });

  it("of the demo makes nobody in a database in real use", async () => {
    const real = await createDatabase();
    const env = databaseEnv(real);
    await run(process.execPath, ["--import", "tsx", "lib/cli/main.ts", "db", "migrate"], env);
    const demo = {
      ASSENTRY_DEMO: "1",
      ASSENTRY_OWNER_EMAIL: "ines@example.test",
      ASSENTRY_OWNER_PASSWORD: "demo password",
    };
    expect(await failure(prepare({ ...env, ...demo }))).toContain("in real use");
    expect(await ask(real.ownerUrl, "select email from users")).toEqual([]);
    expect(await ask(real.ownerUrl, "select demo from installation")).toEqual([{ demo: false }]);
    await real.drop();
  });
});
