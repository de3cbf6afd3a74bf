import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openData } from "../../scripts/lib/environment.mjs";
import { stopDatabase } from "../../scripts/lib/postgres.mjs";
import { inspectProcess } from "../../scripts/lib/process-info.mjs";
import {
  ask,
  closeLibraries,
  copyLauncher,
  type Holder,
  type HolderOptions,
  hold,
  leftover,
  openToOthers,
  ordinary,
  ownFolder,
  presentLinks,
  serverPid,
  temporaryFolder,
} from "../support/launcher";

let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;
let holders: Holder[];

beforeEach(() => {
  folder = temporaryFolder();
  dataDir = join(folder.path, "data");
  holders = [];
});

afterEach(async () => {
  await Promise.all(holders.map((holder) => holder.end()));
  // What a killed holder left.
  if (serverPid(dataDir)) await stopDatabase({ dataDir });
  folder.remove();
});

function start(options?: HolderOptions) {
  const holder = hold(dataDir, options);
  holders.push(holder);
  return holder;
}

async function started(holder: Holder) {
  const database = await holder.database;
  if (!database) throw new Error(`The holder ended: ${holder.errors()}`);
  return database;
}

describe("several launchers", () => {
  test("two first starts at once share one server", async () => {
    const [one, two] = await Promise.all([started(start()), started(start())]);
    expect(one).toEqual(two);
    expect(await ask(one.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("the last one out stops the server", async () => {
    const one = start();
    const { url } = await started(one);
    const two = start();
    await started(two);

    await one.end();
    expect(await ask(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    const pid = serverPid(dataDir);
    await two.end();
    expect(pid && inspectProcess(pid)).toBeUndefined();
    expect(serverPid(dataDir)).toBeUndefined();
    expect(readdirSync(join(dataDir, "leases"))).toEqual([]);
  });

  test("the server of a killed launcher is adopted, and then stopped by its new user", async () => {
    const killed = start();
    const before = await started(killed);
    const pid = serverPid(dataDir);
    await killed.end("SIGKILL");
    expect(serverPid(dataDir)).toBe(pid);

    const next = start();
    expect(await started(next)).toEqual(before);
    expect(serverPid(dataDir)).toBe(pid);
    await next.end();
    expect(serverPid(dataDir)).toBeUndefined();
  });

  test("a launcher killed while it makes the database leaves nothing that stops the next", async () => {
    const killed = start();
    while (!statSync(join(dataDir, "postgres"), { throwIfNoEntry: false })) await new Promise(setImmediate);
    await killed.end("SIGKILL");
    const { url } = await started(start());
    expect(await ask(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("a launcher told to end while it makes the database ends with nothing running", async () => {
    const early = start();
    while (!statSync(join(dataDir, "postgres"), { throwIfNoEntry: false })) await new Promise(setImmediate);
    await early.end("SIGINT");
    expect(serverPid(dataDir)).toBeUndefined();
    expect(readdirSync(join(dataDir, "leases"))).toEqual([]);
  });
});

describe("starting again", () => {
  test("finds its data on the same port", async () => {
    const first = start();
    const { ownerUrl } = await started(first);
    await ask(ownerUrl, "CREATE TABLE kept AS SELECT 'still here' AS text");
    await first.end();
    const again = await started(start());
    expect(again.ownerUrl).toBe(ownerUrl);
    expect(await ask(ownerUrl, "SELECT text FROM kept")).toEqual([{ text: "still here" }]);
  });

  test("a server that was killed under a living launcher is started again by the next", async () => {
    const { url } = await started(start());
    process.kill(serverPid(dataDir) ?? 0, "SIGKILL");
    expect((await started(start())).url).toBe(url);
    expect(await ask(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test.each(["dead", "zombie", "another program's"])(
    "a pid file with a %s id is no obstacle",
    async (kind) => {
      const first = start();
      const { url } = await started(first);
      await first.end();
      const { pid, done } = await leftover(kind);
      writeFileSync(
        join(dataDir, "postgres/data/postmaster.pid"),
        `${pid}\n${dataDir}/postgres/data\n1700000000\n${new URL(url).port}\n\n127.0.0.1\n\nready   \n`,
      );
      try {
        expect((await started(start())).url).toBe(url);
      } finally {
        done();
      }
    },
  );
});

describe("what others can reach", () => {
  test("nothing in the data directory is open to anybody else", async () => {
    await started(start());
    expect(openToOthers(dataDir)).toEqual([]);
  });

  test("nobody connects without a password, and only over loopback", async () => {
    const { url, ownerUrl } = await started(start());
    const methods = await ask(ownerUrl, "SELECT DISTINCT auth_method AS method FROM pg_hba_file_rules");
    expect(methods).toEqual([{ method: "scram-sha-256" }]);
    const wrong = new URL(url);
    wrong.password = "wrong";
    await expect(ask(wrong.href, "SELECT 1")).rejects.toThrow(/password authentication failed/);
    expect(await ask(ownerUrl, "SHOW listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
    expect(await ask(ownerUrl, "SHOW unix_socket_directories")).toEqual([{ unix_socket_directories: "" }]);
  });

  test("the app's role can own and change nothing", async () => {
    const { url, ownerUrl } = await started(start());
    const role = await ask(
      url,
      "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS mighty FROM pg_roles WHERE rolname = current_user",
    );
    expect(role).toEqual([{ rolname: "assentry_app", mighty: false }]);
    expect(new URL(url).password).not.toBe(new URL(ownerUrl).password);
    await expect(ask(url, "CREATE TABLE public.mine (id int)")).rejects.toThrow(/permission denied/);
    await expect(ask(url, "CREATE SCHEMA mine")).rejects.toThrow(/permission denied/);
    await expect(ask(url, "CREATE DATABASE mine")).rejects.toThrow(/permission denied/);
  });

  test("no password is written to the log", async () => {
    const { url, ownerUrl } = await started(start());
    const log = readFileSync(join(dataDir, "postgres/server.log"), "utf8");
    for (const secret of [url, ownerUrl].map((text) => new URL(text).password))
      expect(log).not.toContain(secret);
  });
});

describe("wherever it runs", () => {
  test("missing links among the libraries are made", async () => {
    const copy = copyLauncher(join(folder.path, "copy"));
    expect(presentLinks(copy)).toEqual([]);
    await started(start({ copy }));
    expect(presentLinks(copy).length).toBeGreaterThan(0);
  });

  test("an ordinary user can run it from packages that somebody else installed", async () => {
    const copy = copyLauncher(join(folder.path, "copy"));
    const reopen = closeLibraries(copy);
    try {
      ownFolder(dataDir, ordinary);
      const holder = start({ copy, ...ordinary });
      const { url } = await started(holder);
      expect(await ask(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
      expect(presentLinks(copy)).toEqual([]);
      expect(openToOthers(dataDir)).toEqual([]);
      await holder.end();
    } finally {
      reopen();
    }
  });

  test("where no user namespace can be made, the server still is not root", async () => {
    const copy = copyLauncher(join(folder.path, "copy"));
    const { url } = await started(start({ copy, env: { NODE_ENV: "test", PATH: folder.path } }));
    expect(await ask(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(statSync(`/proc/${serverPid(dataDir)}`).uid).not.toBe(0);
    expect(openToOthers(join(dataDir, "postgres"))).toEqual([]);
  });

  test("a database of one's own is used as it is", async () => {
    const before = { ...process.env };
    process.env.DATABASE_URL = "postgresql://app@db.example/assentry";
    process.env.ASSENTRY_DATA_DIR = dataDir;
    try {
      const { env, release } = await openData({ log: () => {} });
      expect(env.DATABASE_URL).toBe("postgresql://app@db.example/assentry");
      expect(env.DATABASE_OWNER_URL).toBe(before.DATABASE_OWNER_URL);
      expect(readdirSync(dataDir)).toEqual([]);
      await release();
    } finally {
      process.env = before;
    }
  });
});
