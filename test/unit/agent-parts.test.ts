import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  agentConfig,
  consoleAddress,
  readFlags,
  serverFolder,
  splitCommand,
  UsageError,
} from "@/agent/src/config";
import { consoleVerifier } from "@/agent/src/crypto";
import { checkEnrolment } from "@/agent/src/enrol";
import { newId, newNonce } from "@/agent/src/ids";
import { patienceMs } from "@/agent/src/patience";
import { refusedToolResult } from "@/agent/src/texts";
import { ticketProblem } from "@/agent/src/ticket";
import { AGENT_VERSION } from "@/agent/src/version";
import { Waiters } from "@/agent/src/waiters";
import { ConsoleSigner } from "../support/console-signer";

describe("configuration", () => {
  const env = { ASSENTRY_SERVER: "env", HOME: "/home/x" } as unknown as NodeJS.ProcessEnv;
  it("takes flags before the environment, and the command untouched", () => {
    const { flags, command } = splitCommand(["--server", "a", "--", "cmd", "--server", "b", "--"]);
    expect(command).toEqual(["cmd", "--server", "b", "--"]);
    expect(agentConfig(readFlags(flags), env).server).toBe("a");
    expect(agentConfig({}, env).server).toBe("env");
    expect(agentConfig({}, { ...env, XDG_STATE_HOME: "/state" }).stateDir).toBe("/state/assentry/env");
  });
  it("gives every server a folder of its own", () => {
    const names = ["files", "../files", "files/..", "a b", "a/b", ".", ".."];
    const folders = names.map(serverFolder);
    expect(new Set(folders).size).toBe(names.length);
    for (const folder of folders) expect(folder).toMatch(/^[A-Za-z0-9-]*[A-Za-z0-9-][A-Za-z0-9._-]*$/);
  });
  it("speaks http to loopback only", () => {
    for (const good of ["https://x.example", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:1"])
      expect(consoleAddress(good).href).toContain(new URL(good).host);
    for (const bad of [
      "http://x.example",
      "http://127.0.0.1.evil.example",
      "ftp://x",
      "x",
      "https://u:p@x",
      "https://x/?a=1",
    ])
      expect(() => consoleAddress(bad), bad).toThrow(UsageError);
  });
});

describe("enrolment", () => {
  it("believes only the keys that the token names", () => {
    const signer = new ConsoleSigner();
    const body = JSON.stringify({
      agentId: "agt_00000001",
      serverId: "srv_00000001",
      serverName: "files",
      consoleKeys: signer.keys(),
      fingerprintKey: "AAAA",
      time: new Date().toISOString(),
    });
    expect(checkEnrolment(signer.token(), "files", body).agentId).toBe("agt_00000001");
    expect(() => checkEnrolment(new ConsoleSigner().token(), "files", body)).toThrow("keys are not those");
    expect(() => checkEnrolment(signer.token(), "other", body)).toThrow('made for the server "files"');
    expect(() => checkEnrolment(signer.token(), "files", "{}")).toThrow("not what was agreed");
  });
});

describe("a ticket", () => {
  it("is not believed under another payload type, another key's name or a log key", () => {
    const signer = new ConsoleSigner();
    const verifier = consoleVerifier(signer.keys());
    const expected = {
      requestId: "req_00000001",
      serverId: "srv_00000001",
      instance: "ins_00000001",
      claimNonce: newNonce(),
      callerKey: "os:a",
      method: "tools/call",
      tool: "t",
      toolDigest: null,
      callDigest: "0".repeat(64),
      requestDigest: "1".repeat(64),
    };
    const at = new Date(0).toISOString();
    const whole = {
      v: 1,
      ...expected,
      policyVersion: 1,
      issuedAt: at,
      expiresAt: new Date(1000).toISOString(),
      logProof: null,
    };
    const options = { verifier, consoleNow: 999, demandLogProof: false };
    expect(ticketProblem(signer.seal("ticket", whole), expected, options)).toBe(null);
    expect(ticketProblem(signer.seal("ticket", whole), expected, { ...options, consoleNow: 1000 })).toBe(
      "expired",
    );
    expect(ticketProblem(signer.seal("ticket", whole), expected, { ...options, demandLogProof: true })).toBe(
      "no log proof",
    );
    expect(ticketProblem(signer.seal("heartbeat", whole), expected, options)).toContain("not a ticket");
    const wrongKeys = [
      signer.seal("ticket", whole, signer.log.privateKey, "log-1"),
      signer.seal("ticket", whole, signer.log.privateKey, "decision-1"),
      signer.seal("ticket", whole, signer.decision.privateKey, "log-1"),
    ];
    for (const envelope of wrongKeys)
      expect(ticketProblem(envelope, expected, options)).toContain("not signed by a known console key");
    for (const key of Object.keys(expected))
      expect(
        ticketProblem(
          signer.seal("ticket", {
            ...whole,
            [key]:
              whole[key as keyof typeof whole] === null
                ? "2".repeat(64)
                : key === "callDigest" || key === "requestDigest"
                  ? "2".repeat(64)
                  : `${whole[key as keyof typeof whole]}x`,
          }),
          expected,
          options,
        ),
        key,
      ).toMatch(/differs/);
  });
});

describe("waiters", () => {
  it("hear hints that came before they asked, and none after they left", () => {
    const waiters = new Waiters();
    waiters.deliver({ id: "req_00000001", state: "denied", reason: "no" });
    const heard: string[] = [];
    const leave = waiters.add("req_00000001", (hint) => heard.push(hint.state));
    waiters.deliver({ id: "req_00000001", state: "expired" });
    leave();
    waiters.deliver({ id: "req_00000001", state: "approved" });
    expect(heard).toEqual(["denied", "expired"]);
    expect(waiters.ids()).toEqual([]);
  });
});

describe("patience", () => {
  const client = (name: string) => ({ name, version: "1", protocolVersion: null });
  it("follows the client's name, and an override above all", () => {
    expect(patienceMs(client("whoever"), true, null)).toBe(45_000);
    expect(patienceMs(null, false, null)).toBe(45_000);
    expect(patienceMs(client("codex-mcp-client"), true, null)).toBe(280_000);
    expect(patienceMs(client("claude-code"), true, null)).toBe(Number.POSITIVE_INFINITY);
    expect(patienceMs(client("claude-code"), false, null)).toBe(280_000);
    expect(patienceMs(client("claude-code"), true, 3)).toBe(3000);
  });
});

describe("small things", () => {
  it("hold", () => {
    expect(newId("ins")).toMatch(/^ins_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(newId("ins", 1) < newId("ins", 2)).toBe(true);
    const { version } = JSON.parse(readFileSync("agent/package.json", "utf8")) as { version: string };
    expect(AGENT_VERSION).toBe(version);
    expect(JSON.parse(refusedToolResult('"a\\u0062"', 'a "b"\n')).result.content[0].text).toBe('a "b"\n');
  });
});
