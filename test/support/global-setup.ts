import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { acquireDatabase, stopDatabase } from "../../scripts/lib/postgres.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** The embedded Postgres of this run: `url` as the app's role, `ownerUrl` as superuser. */
    database: { url: string; ownerUrl: string };
  }
}

type Server = { dataDir: string; url: string; ownerUrl: string; release: () => Promise<void> };
type Shared = { users: number; server: Promise<Server> };

const prefix = "assentry-test-";
const key = Symbol.for("assentry.test.database");
const holder = globalThis as typeof globalThis & { [key]?: Shared };

/** One real Postgres for all projects of a run, in a folder of its own that goes when the last one is done. */
export default async function setup(project: TestProject) {
  holder[key] ??= { users: 0, server: start() };
  const shared = holder[key];
  shared.users += 1;
  const { url, ownerUrl } = await shared.server;
  project.provide("database", { url, ownerUrl });

  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete holder[key];
    const { dataDir, release } = await shared.server;
    await release();
    rmSync(dataDir, { recursive: true, force: true });
  };
}

async function start(): Promise<Server> {
  await removeAbandoned();
  const dataDir = mkdtempSync(join(tmpdir(), prefix));
  // These tests kill servers, never the machine: what fsync protects from does not happen here.
  const settings = { fsync: "off", full_page_writes: "off" };
  const { url, ownerUrl, release } = await acquireDatabase({ dataDir, settings });
  return { dataDir, url, ownerUrl, release };
}

/** A run that was killed leaves its server behind. */
async function removeAbandoned() {
  for (const name of readdirSync(tmpdir())) {
    const dataDir = join(tmpdir(), name);
    // Without a lease it was made this very moment by another run.
    if (!name.startsWith(prefix) || !existsSync(join(dataDir, "leases"))) continue;
    try {
      if (await stopDatabase({ dataDir })) rmSync(dataDir, { recursive: true, force: true });
    } catch {
      // Somebody else's, or going away this very moment.
    }
  }
}
