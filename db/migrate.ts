import { readdir } from "node:fs/promises";
import path from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as runMigrations } from "drizzle-orm/node-postgres/migrator";
import { Client, escapeIdentifier } from "pg";

/** Any constant will do; it keeps two processes from migrating at once (drizzle takes no lock of its own). */
const LOCK = 7_237_000;

const READ_WRITE = [
  "users",
  "accounts",
  "sessions",
  "api_tokens",
  "throttles",
  "servers",
  "enrolment_tokens",
  "agents",
  "agent_instances",
  "agent_nonces",
  "identities",
  "tools",
  "installation",
  "keys",
  "requests",
  "request_payloads",
  "payload_views",
  "notices",
];
const INSERT_ONLY = ["audit_entries", "audit_leaves", "decisions", "votes", "policy_versions"];

/**
 * Brings the database at `ownerUrl` to the newest schema and gives `appRole` exactly the rights the application needs.
 * Throws when the database cannot be reached or a migration fails; nothing is half-applied.
 */
export async function migrate(
  ownerUrl: string,
  appRole: string,
  folder = path.join(process.cwd(), "db/migrations"),
) {
  const client = new Client({ connectionString: ownerUrl, application_name: "assentry-migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await runMigrations(drizzle(client), { migrationsFolder: folder });
    await client.query("begin");
    const role = escapeIdentifier(appRole);
    const owner = (await client.query("select current_user as name")).rows[0].name as string;
    await client.query("select assentry_ensure_audit_partitions(3)");
    await client.query(`grant usage on schema public to ${role}`);
    if (owner !== appRole) await client.query(`revoke all on all tables in schema public from ${role}`);
    await client.query(`grant select, insert, update, delete on ${READ_WRITE.join(", ")} to ${role}`);
    await client.query(`grant select, insert on ${INSERT_ONLY.join(", ")} to ${role}`);
    await client.query(`grant select, delete on audit_queue to ${role}`);
    await client.query(`grant execute on function assentry_ensure_audit_partitions(integer) to ${role}`);
    await client.query("revoke execute on function assentry_ensure_audit_partitions(integer) from public");
    await client.query(`grant usage on schema drizzle to ${role}`);
    await client.query(`grant select on drizzle.__drizzle_migrations to ${role}`);
    await client.query("commit");
  } finally {
    await client.end();
  }
}

/** How many migrations this code expects, to be compared with what the database has. */
export async function expectedMigrations(
  folder = path.join(process.cwd(), "db/migrations"),
): Promise<number> {
  return (await readdir(folder)).filter((file) => file.endsWith(".sql")).length;
}
