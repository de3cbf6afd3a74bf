import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client, escapeIdentifier } from "pg";
import { inject } from "vitest";
import { migrate } from "@/db/migrate";
import { resetEnv } from "@/lib/core/env";
import { forgetShared } from "@/lib/core/shared";
import { atEnd } from "./cleanup";

const TEMPLATE = "assentry_template";

export interface TestDatabase {
  name: string;
  /** as the application's role */
  url: string;
  ownerUrl: string;
  /** 0700, with this installation's keys */
  dataDir: string;
}

const on = (url: string, database: string) => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

async function asOwner<T>(work: (client: Client) => Promise<T>, database = "postgres"): Promise<T> {
  const client = new Client({ connectionString: on(inject("database").ownerUrl, database) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The template is migrated once a run, whichever file comes first. */
async function ensureTemplate(): Promise<void> {
  const { url, ownerUrl } = inject("database");
  await asOwner(async (client) => {
    await client.query("select pg_advisory_lock(7237900)");
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [TEMPLATE]);
    if (rowCount) return;
    const draft = `${TEMPLATE}_draft`;
    await client.query(`drop database if exists ${draft}`);
    await client.query(`create database ${draft}`);
    await migrate(on(ownerUrl, draft), new URL(url).username);
    await client.query(`alter database ${draft} rename to ${TEMPLATE}`);
  });
}

/** A migrated database of its own with keys of its own. */
export async function createDatabase(): Promise<TestDatabase & { drop(): Promise<void> }> {
  await ensureTemplate();
  const name = `t_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await asOwner(async (client) => {
    await client.query("select pg_advisory_lock(7237901)");
    await client.query(`create database ${escapeIdentifier(name)} template ${TEMPLATE}`);
  });
  const dataDir = mkdtempSync(path.join(tmpdir(), "assentry-data-"));
  const { url, ownerUrl } = inject("database");
  return {
    name,
    url: on(url, name),
    ownerUrl: on(ownerUrl, name),
    dataDir,
    drop: async () => {
      await asOwner((client) =>
        client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`),
      );
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What a console process needs in its environment to work on this database. */
export function databaseEnv(database: TestDatabase): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    DATABASE_URL_DIRECT: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    ASSENTRY_DATA_DIR: database.dataDir,
  };
}

const SHARED = ["assentry.db", "assentry.keys", "assentry.hub", "assentry.policies", "assentry.pulse"];

/** For tests that call verbs: points this very process at a fresh, prepared database; dropped after the file. */
export async function testDatabase(env: Record<string, string> = {}): Promise<TestDatabase> {
  const database = await createDatabase();
  Object.assign(process.env, {
    ASSENTRY_QUIET: "1",
    ASSENTRY_DATABASE_POOL: "30",
    ...databaseEnv(database),
    ...env,
  });
  resetEnv();
  for (const name of SHARED) forgetShared(name);
  const { ensureInstallation } = await import("@/lib/core/installation");
  await ensureInstallation();
  atEnd(async () => {
    const { pool } = await import("@/db/client");
    const { stopListening } = await import("@/db/listen");
    await stopListening();
    await pool().end();
    await database.drop();
  });
  return database;
}

/** Every row of every table, as text: what somebody with a dump could read. */
export async function dumpAll(database: TestDatabase): Promise<string> {
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'drizzle')",
    );
    let text = "";
    for (const { name } of rows) {
      const dump = await client.query(`select t::text as row from ${name} t`);
      text += `${name}\n${dump.rows.map((r) => r.row).join("\n")}\n`;
    }
    return text;
  } finally {
    await client.end();
  }
}
