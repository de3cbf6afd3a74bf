import { readFileSync } from "node:fs";
import path from "node:path";
import { escapeLiteral } from "pg";
import { afterAll, describe, expect, inject, it } from "vitest";
import { migrate } from "@/db/migrate";
import { ROOT } from "../support/console";
import { ask } from "../support/launcher";

/** The statements of docs/production.md, with names of this test's own: roles belong to the whole server. */
const MARK = `t${process.pid}`;
const NAMES = { owner: `${MARK}_owner`, app: `${MARK}_app`, database: `${MARK}_db` };
const statements = (
  /```sql\n([\s\S]*?)```/.exec(readFileSync(path.join(ROOT, "docs/production.md"), "utf8"))?.[1] ?? ""
)
  .replaceAll("assentry_owner", NAMES.owner)
  .replaceAll("assentry_app", NAMES.app)
  .replaceAll("DATABASE assentry", `DATABASE ${NAMES.database}`)
  .split(";")
  .map((one) => one.trim())
  .filter(Boolean);

function url(role: string, password: string): string {
  const made = new URL(inject("database").ownerUrl);
  Object.assign(made, { username: role, password, pathname: `/${NAMES.database}` });
  return made.href;
}
const owner = () => url(NAMES.owner, "change-me-owner");
const app = () => url(NAMES.app, "change-me-app");

afterAll(async () => {
  const { ownerUrl } = inject("database");
  await ask(ownerUrl, `drop database if exists ${NAMES.database} with (force)`);
  for (const role of [NAMES.app, NAMES.owner]) await ask(ownerUrl, `drop role if exists ${role}`);
});

describe("a Postgres of one's own, set up as docs/production.md says", () => {
  it("is migrated by its owner, who is no superuser, as often as one likes", async () => {
    expect(statements).toHaveLength(3);
    for (const statement of statements) await ask(inject("database").ownerUrl, statement);
    await migrate(owner(), NAMES.app);
    await migrate(owner(), NAMES.app);
    const [role] = await ask(owner(), "select rolsuper from pg_roles where rolname = current_user");
    expect(role).toEqual({ rolsuper: false });
  });

  it("lets the app's role add to the trail, and nobody rewrite it", async () => {
    const columns =
      "(id, actor_type, actor_id, actor_name, action, subject_type, subject_id, subject_name, outcome)";
    const values = ["evt_1", "system", "system", "s", "system.start", "system", "s", "s", "success"].map(
      escapeLiteral,
    );
    await ask(app(), `insert into audit_entries ${columns} values (${values.join(",")})`);
    expect(await ask(app(), "select id from audit_entries")).toEqual([{ id: "evt_1" }]);
    const rewrites = [
      "update audit_entries set reason = 'x'",
      "delete from audit_entries",
      "truncate audit_entries",
    ];
    for (const statement of rewrites) {
      await expect(ask(app(), statement), `app: ${statement}`).rejects.toThrow(/permission denied/);
      await expect(ask(owner(), statement), `owner: ${statement}`).rejects.toThrow(/append-only/);
    }
    for (const table of ["audit_leaves", "decisions", "policy_versions"]) {
      await expect(ask(app(), `delete from ${table}`), table).rejects.toThrow(/permission denied/);
    }
  });

  it("gives the app's role no schema of its own to change, but next month's partition", async () => {
    await expect(ask(app(), "create table elsewhere (a int)")).rejects.toThrow(/permission denied/);
    await expect(ask(app(), "drop table requests")).rejects.toThrow(/must be owner/);
    await ask(app(), "select assentry_ensure_audit_partitions(5)");
    const [found] = await ask(
      app(),
      "select count(*)::int as n from pg_inherits where inhparent = 'audit_entries'::regclass",
    );
    expect(found?.n).toBe(6);
  });

  it("takes what the documents say is set by hand", async () => {
    const text = readFileSync(path.join(ROOT, "docs/production.md"), "utf8");
    const statement = /`(UPDATE installation SET epoch = epoch \+ 1;)`/.exec(text)?.[1];
    await ask(app(), statement ?? "");
    const posture = "posture = 'four_eyes'";
    expect(readFileSync(path.join(ROOT, "docs/security.md"), "utf8")).toContain(posture);
    await ask(app(), `update installation set ${posture}`);
  });
});
