import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { oidcSettings } from "@/lib/auth/oidc";
import { resetEnv } from "@/lib/core/env";
import { assertOutboundHost, OutboundError, outbound } from "@/lib/http/outbound";
import { isPublicAddress } from "@/lib/http/public-address";

const servers: Server[] = [];
const DEFAULTS = {
  DATABASE_URL: "postgresql://nobody@localhost/none",
  ASSENTRY_OUTBOUND_ALLOW: "",
  AUTH_URL: "http://localhost:3000",
  AUTH_OIDC_ISSUER: "",
  AUTH_OIDC_ID: "console",
  AUTH_OIDC_SECRET: "secret",
};

function configure(variables: Record<string, string>) {
  Object.assign(process.env, DEFAULTS, variables);
  resetEnv();
}

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => "sent",
    (error: unknown) => {
      if (error instanceof OutboundError) return error.code;
      throw error;
    },
  );

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("isPublicAddress", () => {
  it.each(["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:4700::1111"])("takes %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:1.1.1.1",
    "64:ff9b::7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "2002:7f00:1::",
    "2001::1",
    "ff02::1",
    "localhost",
    "",
  ])("refuses %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("outbound", () => {
  it("reaches nothing private, however it is written", async () => {
    configure({});
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    for (const host of [
      "127.0.0.1",
      "localhost",
      "[::1]",
      "2130706433",
      "0x7f.1",
      "127.1",
      "localhost.",
      "0",
    ]) {
      expect([host, await codeOf(outbound(`http://${host}:${port}/`))]).toEqual([host, "refused"]);
    }
    expect(await codeOf(outbound("https://169.254.169.254/latest/meta-data"))).toBe("refused");
    expect(await codeOf(outbound("http://1.1.1.1/"))).toBe("refused");
    expect(await codeOf(outbound("file:///etc/passwd"))).toBe("refused");
    expect(await codeOf(outbound("https://user:pass@1.1.1.1/"))).toBe("refused");
    expect(asked).toBe(0);
  });

  it("reaches what the operator excepted, that port alone, and says what it sent", async () => {
    const seen: { method?: string; body: string; headers: IncomingMessage["headers"] }[] = [];
    const port = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      seen.push({ method: request.method, body, headers: request.headers });
      response.writeHead(201, { "x-answer": "yes" }).end('{"ok":true}');
    });
    const other = await serve((_, response) => response.end());
    configure({ ASSENTRY_OUTBOUND_ALLOW: `localhost:${port}` });
    const answer = await outbound(`http://localhost:${port}/hook?x=1`, {
      method: "POST",
      headers: { "content-type": "application/json", "webhook-id": "1" },
      body: '{"é":1}',
    });
    expect([answer.status, answer.headers.get("x-answer"), await answer.json()]).toEqual([
      201,
      "yes",
      { ok: true },
    ]);
    expect(seen[0]).toMatchObject({
      method: "POST",
      body: '{"é":1}',
      headers: { host: `localhost:${port}`, "content-length": "8", "webhook-id": "1" },
    });
    expect(await codeOf(outbound(`http://localhost:${other}/`))).toBe("refused");
    expect(await codeOf(outbound(`http://127.0.0.1:${port}/`))).toBe("refused");
    expect(await codeOf(outbound(`http://127.0.0.1:${port}/`, { alsoAllow: [`127.0.0.1:${port}`] }))).toBe(
      "sent",
    );
  });

  it("does not follow redirects", async () => {
    const hits: string[] = [];
    const port = await serve((request, response) => {
      hits.push(request.url ?? "");
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    configure({ ASSENTRY_OUTBOUND_ALLOW: "localhost" });
    const answer = await outbound(`http://localhost:${port}/here`);
    expect([answer.status, answer.headers.get("location"), hits]).toEqual([302, "/elsewhere", ["/here"]]);
  });

  it("gives up on answers that are too large, never come, or break off", async () => {
    configure({ ASSENTRY_OUTBOUND_ALLOW: "localhost" });
    const large = await serve((_, response) => response.end("x".repeat(2000)));
    expect(await codeOf(outbound(`http://localhost:${large}/`, { maxBytes: 1000 }))).toBe("too_large");
    const silent = await serve(() => {});
    expect(await codeOf(outbound(`http://localhost:${silent}/`, { timeoutMs: 100 }))).toBe("timeout");
    const broken = await serve((request) => request.socket.destroy());
    expect(await codeOf(outbound(`http://localhost:${broken}/`))).toBe("failed");
    expect(await codeOf(outbound("https://no-such-host.invalid/"))).toBe("unresolved");
  });

  it("pins the address for whoever connects by themselves", async () => {
    configure({ ASSENTRY_OUTBOUND_ALLOW: "localhost:2525" });
    expect(await assertOutboundHost("localhost", 2525)).toMatchObject({ excepted: true });
    expect(await codeOf(assertOutboundHost("localhost", 25))).toBe("refused");
  });
});

describe("oidcSettings", () => {
  it("takes plain http from this machine alone, or where the operator says so", () => {
    configure({ AUTH_OIDC_ISSUER: "http://localhost:4000" });
    expect(oidcSettings()?.alsoAllow).toEqual(["localhost:4000"]);
    configure({ AUTH_OIDC_ISSUER: "http://idp.example" });
    expect(() => oidcSettings()).toThrow(/https/);
    configure({ AUTH_OIDC_ISSUER: "http://idp.example", ASSENTRY_OUTBOUND_ALLOW: "idp.example" });
    expect(oidcSettings()?.alsoAllow).toEqual([]);
    configure({ AUTH_OIDC_ISSUER: "https://idp.example", AUTH_URL: "http://127.0.0.1:3000" });
    expect(() => oidcSettings()).toThrow(/localhost/);
    configure({});
    expect(oidcSettings()).toBeNull();
  });
});
