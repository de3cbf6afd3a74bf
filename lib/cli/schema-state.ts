import { pool } from "@/db/client";
import { expectedMigrations, migrate } from "@/db/migrate";
import { env } from "@/lib/core/env";
import { ensureInstallation } from "@/lib/core/installation";

/** The role that DATABASE_URL signs in with: it gets the application's rights, no more. */
function appRole(): string {
  const role = decodeURIComponent(new URL(env().databaseUrl).username);
  if (!role) throw new Error("DATABASE_URL must name its role: postgresql://ROLE:…@HOST/DATABASE");
  return role;
}

/** Migrates as the owner. Throws when nobody said who that is. */
export async function migrateNow(): Promise<void> {
  const { databaseOwnerUrl, allowOwnerRole, databaseUrlDirect } = env();
  const owner = databaseOwnerUrl ?? (allowOwnerRole ? databaseUrlDirect : null);
  if (!owner) throw new Error("DATABASE_OWNER_URL is needed to change the schema.");
  await migrate(owner, appRole());
}

async function appliedMigrations(): Promise<number> {
  const known = await pool().query("select to_regclass('drizzle.__drizzle_migrations') is not null as known");
  if (!known.rows[0].known) return 0;
  const { rows } = await pool().query("select count(*)::int as n from drizzle.__drizzle_migrations");
  return rows[0].n;
}

/**
 * The schema is what this program expects, and the installation's row, policy and keys are there. With `always`, an
 * owner's URL migrates in any case (grants, partitions); else only when something is missing. Throws when it cannot be.
 */
export async function ensureReady({ always = false, demo = false } = {}): Promise<void> {
  const { databaseOwnerUrl, allowOwnerRole } = env();
  const mayMigrate = databaseOwnerUrl !== null || allowOwnerRole;
  const [applied, expected] = [await appliedMigrations(), await expectedMigrations()];
  if (applied > expected) throw new Error("The database is newer than this program; update the program.");
  if (mayMigrate && (always || applied < expected)) await migrateNow();
  else if (applied < expected) {
    throw new Error(
      "The schema is not current: run `npm run -s assentry -- db migrate` with DATABASE_OWNER_URL.",
    );
  }
  await ensureInstallation({ demo });
}
