import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "@/agent/contract/v1";
import { readFlags, splitCommand } from "@/agent/src/config";
import { bearerOf, Credentials, credentialCaller } from "@/agent/src/http-credentials";
import { Guard } from "@/agent/src/http-guard";
import { HttpRefusals } from "@/agent/src/http-refusals";
import { HttpSessions } from "@/agent/src/http-sessions";
import { isDiscovery } from "@/agent/src/http-upstream-auth";
import { SERVE_FLAGS, serveConfig } from "@/agent/src/serve-config";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

describe("names and origins", () => {
  const guard = new Guard(
    "127.0.0.1",
    8080,
    ["agent.example.com", "other.example.com:444"],
    ["https://app.example"],
  );
  it.each([
    ["127.0.0.1:8080", undefined, null],
    ["LOCALHOST:8080", undefined, null],
    ["[::1]:8080", undefined, null],
    ["agent.example.com", undefined, null],
    ["agent.example.com:9", undefined, null],
    ["other.example.com:444", "https://app.example", null],
    ["localhost", undefined, "bad_host"],
    ["127.0.0.1:8081", undefined, "bad_host"],
    ["other.example.com:445", undefined, "bad_host"],
    ["evil.example", undefined, "bad_host"],
    ["evil.example@127.0.0.1:8080", undefined, "bad_host"],
    ["localhost.:8080", undefined, "bad_host"],
    [undefined, undefined, "bad_host"],
    ["127.0.0.1:8080", "https://evil.example", "bad_origin"],
    ["127.0.0.1:8080", "null", "bad_origin"],
    ["127.0.0.1:8080", "", "bad_origin"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080", "bad_origin"],
  ])("host %s, origin %s: %s", (host, origin, expected) => {
    expect(guard.problem({ host, origin })).toBe(expected);
  });

  it("are only the given ones where others can call", () => {
    const open = new Guard("0.0.0.0", 8080, ["agent.example.com"], []);
    expect(open.problem({ host: "localhost:8080" })).toBe("bad_host");
    expect(open.problem({ host: "agent.example.com:8080" })).toBeNull();
  });
});

describe("what is refused before any rule", () => {
  it("is recorded once and then counted, so that a flood stays small", () => {
    const events: AgentEvent[] = [];
    const refusals = new HttpRefusals({ report: (event) => void events.push(event) });
    cleanups.push(() => refusals.stop());
    const refusal = { code: "bad_host", detail: null, caller: null } as const;
    for (let i = 0; i < 5000; i++) refusals.note({ ...refusal, source: "10.0.0.1" });
    for (let i = 0; i < 5000; i++) refusals.note({ ...refusal, source: `10.0.${i >> 8}.${i & 255}` });
    expect(events.length).toBeLessThan(110);
    refusals.flush();
    expect(events.length).toBeLessThan(220);
    const details = events.map((event) => ("detail" in event ? event.detail : ""));
    expect(details).toContain("from 10.0.0.1");
    expect(details).toContain("5000 more from 10.0.0.1");
    expect(details.join("\n")).toMatch(/^\d+ more from elsewhere$/m);
  });
});

describe("credentials", () => {
  function folder(): string {
    const dir = mkdtempSync(join(tmpdir(), "assentry-cred-"));
    cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }

  it("are made once, for the owner's eyes only, and are callers of their own", () => {
    const dir = folder();
    const known = Credentials.open(dir, ["desk"]);
    expect(known.paths).toEqual([join(dir, "credential"), join(dir, "credentials", "desk")]);
    for (const path of known.paths) expect(statSync(path).mode & 0o777).toBe(0o600);
    const [first, desk] = known.paths.map((path) => readFileSync(path, "utf8").trim());
    const again = Credentials.open(dir, ["desk"]);
    expect(again.find(`Bearer ${first}`)?.name).toBeNull();
    expect(again.find(`bearer ${desk}`)?.name).toBe("desk");
    for (const wrong of [undefined, "", "Bearer", `Bearer ${first}x`, `Basic ${first}`, `${first}`])
      expect(again.find(wrong)).toBeNull();
    const key = Buffer.alloc(32, 1);
    const callers = [first, desk].map((secret) => credentialCaller(key, secret as string));
    expect(callers[0]?.key).toMatch(/^cred:[0-9a-f]{64}$/);
    expect(callers[0]?.key).not.toBe(callers[1]?.key);
    expect(JSON.stringify(callers)).not.toContain(first);
  });

  it("that others can read are refused", () => {
    const dir = folder();
    const [path] = Credentials.open(dir, []).paths;
    chmodSync(path as string, 0o644);
    expect(() => Credentials.open(dir, [])).toThrow("read by others");
  });

  it("come by Bearer", () => {
    expect(bearerOf("Bearer  abc")).toBe("abc");
    expect(bearerOf("Bearer a b")).toBeNull();
  });
});

describe("sessions", () => {
  it("are their opener's, end when idle, and make room", () => {
    let now = 0;
    const closed: string[] = [];
    const session = (name: string, callerKey: string, busy = false) => ({
      callerKey,
      busy,
      close: () => closed.push(name),
    });
    const sessions = new HttpSessions<ReturnType<typeof session>>(1000, () => now);
    cleanups.push(() => void sessions.drain());
    expect(sessions.add("1", session("1", "a"))).toBe(true);
    expect(sessions.add("1", session("x", "b"))).toBe(false);
    sessions.add("2", session("2", "b", true));
    expect(sessions.find("1", "b")).toBeNull();
    expect(sessions.find("1", "a")).not.toBeNull();
    expect(sessions.makeRoom()).toBe(false);
    now = 20_000;
    expect(sessions.makeRoom()).toBe(true);
    expect(sessions.makeRoom()).toBe(false);
    expect(closed).toEqual(["1"]);
    expect(sessions.find("1", "a")).toBeNull();
  });

  it("that nobody uses end by themselves, busy ones do not", async () => {
    let now = 0;
    const closed: string[] = [];
    const sessions = new HttpSessions<{ callerKey: string; busy: boolean; close(): void }>(400, () => now);
    cleanups.push(() => void sessions.drain());
    for (const name of ["idle", "busy"])
      sessions.add(name, { callerKey: "a", busy: name === "busy", close: () => closed.push(name) });
    now = 401;
    while (closed.length === 0) await new Promise((done) => setTimeout(done, 10));
    expect(closed).toEqual(["idle"]);
    expect(sessions.find("busy", "a")).not.toBeNull();
  });
});

describe("the command line of serve", () => {
  const read = (line: string, authorization: string | null = null) => {
    const { flags, command } = splitCommand(line.split(" "));
    return serveConfig(readFlags(flags, SERVE_FLAGS), command, authorization);
  };

  it("is read", () => {
    expect(
      read("--listen 127.0.0.1:8080 --allow-host A.example --allow-host b.example:1 -- node server.js"),
    ).toMatchObject({
      listen: { host: "127.0.0.1", port: 8080 },
      server: { command: ["node", "server.js"] },
      allowHosts: ["a.example", "b.example:1"],
      clientAuth: "secret",
      idleMs: 1_800_000,
    });
    expect(
      read("--listen [::1]:0 --upstream https://mcp.example/mcp?x=1 --client-auth upstream"),
    ).toMatchObject({
      listen: { host: "[::1]", port: 0 },
      clientAuth: "upstream",
    });
  });

  it.each([
    ["--listen 8080 -- x", "--listen"],
    ["--listen 127.0.0.1:70000 -- x", "--listen"],
    ["--listen 0.0.0.0:80 -- x", "--allow-host"],
    ["--listen 127.0.0.1:80", "the server is missing"],
    ["--listen 127.0.0.1:80 --upstream http://127.0.0.1:1 -- x", "not both"],
    ["--listen 127.0.0.1:80 --upstream http://mcp.example/mcp", "--allow-plain-upstream"],
    ["--listen 127.0.0.1:80 --upstream https://user:pw@mcp.example/mcp", "without user"],
    ["--listen 127.0.0.1:80 --upstream file:///etc/passwd", "http:// or https://"],
    ["--listen 127.0.0.1:80 --allow-origin https://a.example/ -- x", "--allow-origin"],
    ["--listen 127.0.0.1:80 --allow-origin null -- x", "--allow-origin"],
    ["--listen 127.0.0.1:80 --client-auth upstream -- x", "needs --upstream"],
    ["--listen 127.0.0.1:80 --client-auth none -- x", "secret or upstream"],
    ["--listen 127.0.0.1:80 --credential ../x -- x", "--credential"],
  ])("%s is refused", (line, why) => {
    expect(() => read(line)).toThrow(why);
  });

  it("does not mix our own credential with the clients'", () => {
    const line = "--listen 127.0.0.1:80 --upstream https://mcp.example/mcp --client-auth upstream";
    expect(() => read(line, "Bearer x")).toThrow("ASSENTRY_UPSTREAM_AUTHORIZATION");
  });
});

describe("discovery", () => {
  it.each([
    ["/.well-known/oauth-protected-resource", true],
    ["/.well-known/oauth-protected-resource/mcp", true],
    ["//evil.example/.well-known/x", false],
    ["/.well-known/../mcp", false],
    ["/.well-known//evil.example", false],
    ["/.well-known/", false],
    ["/mcp", false],
  ])("%s: %s", (path, expected) => {
    expect(isDiscovery(path)).toBe(expected);
  });
});
