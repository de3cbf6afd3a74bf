import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { Pool } from "pg";
import { env } from "@/lib/core/env";
import { processShared } from "@/lib/core/shared";

export type Db = NodePgDatabase;
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0];

interface Handle {
  pool: Pool;
  db: Db;
}

function open(): Handle {
  const pool = new Pool({
    connectionString: env().databaseUrl,
    max: env().databasePool,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    application_name: "assentry",
  });
  // An idle connection that breaks (Postgres restarted) is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => {});
  return { pool, db: drizzle(pool) };
}

const handle = () => processShared("assentry.db", open);

/** The application's pooled database: one per process, shared by Next's separate module graphs. */
export const db = (): Db => handle().db;
export const pool = (): Pool => handle().pool;

/** SQLSTATE classes that mean "the database is away", not "the statement is wrong". */
export function isDatabaseAway(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = "code" in e && typeof e.code === "string" ? e.code : "";
    if (/^(08|57P0|53300)/.test(code) || /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code))
      return true;
    if (
      /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/.test(
        e.message,
      )
    )
      return true;
  }
  return false;
}
