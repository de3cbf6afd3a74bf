import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createDatabase, databaseEnv } from "../support/database";

const ROOT = new URL("../..", import.meta.url).pathname;
type Database = Awaited<ReturnType<typeof createDatabase>>;
let database: Database;
let env: Record<string, string>;

interface Ended {
  code: number;
  out: string;
  err: string;
}

async function program(
  file: string,
  args: string[],
  more: Record<string, string> = {},
  stdin = "",
): Promise<Ended> {
  const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env, ...more },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  child.stdin.end(stdin);
  const [code] = await once(child, "close");
  return { code, out, err };
}
const cli = (...args: string[]) => program("lib/cli/main.ts", args);
const json = async (...args: string[]) => {
  const { code, out, err } = await cli(...args, "--json");
  expect([code, err]).toEqual([0, ""]);
  expect(out.trimEnd()).not.toContain("\n");
  return JSON.parse(out);
};

beforeAll(async () => {
  database = await createDatabase();
  env = { ...databaseEnv(database), NODE_ENV: "production" };
});
afterAll(() => database.drop());

async function rows(query: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    return (await client.query(query)).rows;
  } finally {
    await client.end();
  }
}

describe("prepare", () => {
  it("makes the first owner once, and prints a one-time password when none was given", async () => {
    const first = await program("scripts/prepare.ts", []);
    expect([first.code, first.err]).toEqual([0, ""]);
    expect(first.out).toMatch(/owner@localhost[\s\S]*[a-z2-9]{5}(-[a-z2-9]{5}){3}/);
    const second = await program("scripts/prepare.ts", [], { ASSENTRY_OWNER_EMAIL: "other@example.org" });
    expect([second.code, second.out]).toEqual([0, ""]);
    expect(await rows("select email, role, must_change_password from users")).toEqual([
      { email: "owner@localhost", role: "owner", must_change_password: true },
    ]);
  });

  it("takes the owner from the environment, and says what is wrong with it", async () => {
    const other = await createDatabase();
    try {
      const at = { ...databaseEnv(other), ASSENTRY_OWNER_EMAIL: "boss@example.org" };
      const weak = await program("scripts/prepare.ts", [], { ...at, ASSENTRY_OWNER_PASSWORD: "short" });
      expect([weak.code, weak.err]).toEqual([1, "the first owner's password: at least 10 characters\n"]);
      const good = await program("scripts/prepare.ts", [], { ...at, ASSENTRY_OWNER_PASSWORD: "long enough" });
      expect([good.code, good.err]).toEqual([0, ""]);
      expect(good.out).toContain("boss@example.org");
      expect(good.out).not.toContain("long enough");
    } finally {
      await other.drop();
    }
  });

  it("refuses other keys than the database's, and a provider over plain http", async () => {
    const stranger = await createDatabase();
    try {
      const keys = await program("scripts/prepare.ts", [], { ASSENTRY_DATA_DIR: stranger.dataDir });
      expect(keys.code).toBe(1);
      expect(keys.err).toContain("key of this process");
      const oidc = { AUTH_OIDC_ISSUER: "http://idp.example", AUTH_OIDC_ID: "a", AUTH_OIDC_SECRET: "b" };
      const plain = await program("scripts/prepare.ts", [], oidc);
      expect([plain.code, plain.err]).toEqual([1, expect.stringContaining("must be https")]);
    } finally {
      await stranger.drop();
    }
  });
});

describe("user", () => {
  it("add makes an account with a given password, or prints a one-time one", async () => {
    const made = await json(
      "user",
      "add",
      "--email",
      "Ines@Example.org",
      "--role",
      "approver",
      "--name",
      "Ines Okafor",
    );
    expect(made).toMatchObject({
      email: "ines@example.org",
      role: "approver",
      name: "Ines Okafor",
      mustChangePassword: true,
    });
    expect(made.password).toMatch(/^[a-z2-9-]{23}$/);
    const given = [
      "user",
      "add",
      "--email",
      "tomas@example.org",
      "--role",
      "member",
      "--password-stdin",
      "--json",
    ];
    const silent = await program("lib/cli/main.ts", given, {}, "a long password\n");
    expect(JSON.parse(silent.out)).toMatchObject({ mustChangePassword: false, password: null });
    const again = await cli("user", "add", "--email", "tomas@example.org", "--role", "member");
    expect([again.code, again.out]).toEqual([1, ""]);
    expect(again.err).toContain("exists already");
    expect(JSON.stringify(await rows("select * from audit_entries"))).not.toContain("a long password");
  });

  it("list and disable", async () => {
    await json("user", "disable", "--email", "TOMAS@example.org");
    const { items } = await json("user", "list");
    const states = Object.fromEntries(
      items.map((u: { email: string; disabled: boolean }) => [u.email, u.disabled]),
    );
    expect(states).toMatchObject({ "owner@localhost": false, "tomas@example.org": true });
    const last = await cli("user", "disable", "--email", "owner@localhost");
    expect([last.code, last.err]).toEqual([1, "The last owner must stay.\n"]);
    expect((await cli("user", "disable", "--email", "who@example.org")).code).toBe(1);
  });
});

describe("token and agent", () => {
  it("print nothing but the secret, which is kept hashed", async () => {
    const plain = await cli("token", "create", "--name", "ci", "--role", "approver", "--expires", "30d");
    expect(plain.out).toMatch(/^ast_[0-9a-f]{64}\n$/);
    expect(plain.err).toContain("shown only now");
    const made = await json("token", "create", "--name", "ci2", "--role", "member");
    await json("token", "revoke", "--id", made.id);
    const enrolled = await json("agent", "enroll", "--server", "memory", "--owner", "ines@example.org");
    expect(enrolled).toMatchObject({ server: { name: "memory" }, token: expect.stringMatching(/^aet_/) });
    const all = JSON.stringify([
      await rows("select * from api_tokens"),
      await rows("select * from enrolment_tokens"),
    ]);
    for (const secret of [plain.out.trim(), made.token, enrolled.token]) expect(all).not.toContain(secret);
    expect((await cli("agent", "enroll", "--server", "other", "--owner", "who@example.org")).code).toBe(1);
  });
});

describe("audit and db", () => {
  it("verify and export the trail, in which the export stands itself", async () => {
    expect(await json("audit", "verify")).toMatchObject({ ok: true, problems: [] });
    const { out, code } = await cli("audit", "export");
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const [{ n }] = (await rows("select count(*)::int as n from audit_entries")) as [{ n: number }];
    expect([code, lines.length]).toEqual([0, n]);
    expect(lines[0]).toMatchObject({
      action: "audit.export",
      actor: { type: "system", name: "command line" },
    });
    const none = await cli("audit", "export", "--to", "2020-01-01T00:00:00Z");
    expect([none.code, none.out]).toEqual([0, ""]);
  });

  it("print the addresses, and migrate", async () => {
    expect(await json("db", "url")).toEqual({ url: database.url });
    expect((await cli("db", "url", "--owner")).out).toBe(`${database.ownerUrl}\n`);
    expect(await json("db", "migrate")).toEqual({ ok: true });
    const without = await program("lib/cli/main.ts", ["db", "migrate"], { DATABASE_OWNER_URL: "" });
    expect([without.code, without.err]).toEqual([1, expect.stringContaining("DATABASE_OWNER_URL")]);
  });

  it("say when a database was never migrated", async () => {
    const empty = new URL(inject("database").url);
    empty.pathname = "/postgres";
    const at = { DATABASE_URL: empty.href, DATABASE_URL_DIRECT: empty.href, DATABASE_OWNER_URL: "" };
    const answer = await program("lib/cli/main.ts", ["user", "list"], at);
    expect([answer.code, answer.out]).toEqual([1, ""]);
    expect(answer.err).toContain("db migrate");
  });
});

it("answers a usage error with code 2 and nothing on stdout", async () => {
  const mistakes = [
    ["nonsense"],
    [],
    ["user", "add"],
    ["user", "add", "--email", "x@example.org", "--role", "king"],
    ["user", "list", "--loud"],
    ["token", "create", "--name", "x", "--role", "member", "--expires", "soon"],
    ["audit", "export", "--from", "yesterday"],
    ["agent", "enroll"],
  ];
  const answers = await Promise.all(mistakes.map((args) => cli(...args)));
  for (const [i, { code, out, err }] of answers.entries()) {
    expect([mistakes[i], code, out]).toEqual([mistakes[i], 2, ""]);
    expect(err).not.toBe("");
  }
});
