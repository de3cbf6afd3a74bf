import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { relayOf, rigOf, started } from "../support/http-world";
import { send } from "../support/serve-rig";

/** An HTTP server by hand: sends the bytes that a test wants, whatever they are. */
class RawServer {
  private readonly server: Server;
  seen = "";

  constructor(answer: string) {
    this.server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        this.seen += chunk.toString("latin1");
        socket.end(answer);
      });
    });
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}/mcp`;
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return this;
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.server.close(done));
  }
}

const JSON_HEAD = "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

describe("a server whose answer no HTTP server may give", () => {
  it.each([
    ["a status below 100", `HTTP/1.1 099 Odd\r\n${JSON_HEAD}`],
    ["a status of zero", `HTTP/1.1 000 Odd\r\n${JSON_HEAD}`],
    ["an upgrade", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
    [
      "a header without a name's letters",
      `HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\n${JSON_HEAD}`,
    ],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"],
    ["events under an odd status", "HTTP/1.1 099 Odd\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n"],
    ["a control character", `HTTP/1.1 200 OK\r\nx-a: a\u0001b\r\n${JSON_HEAD}`],
  ])("ends nobody else's session: %s", async (_name, answer) => {
    const server = await started(new RawServer(answer));
    const { rig } = await rigOf({ upstream: server.url });
    for (const method of ["initialize", "ping", "tools/list"]) {
      const sent = rig.post({ id: 1, method, params: {} });
      await sent.whole.catch(() => null);
    }
    const empty = await rig.raw("", {}).whole.catch(() => null);
    expect(empty?.status).toBe(400);
    expect(rig.process.exitCode).toBeNull();
  });
});

describe("a client's odd headers", () => {
  it("are read by us and by the server, or the request is refused", async () => {
    const { server, rig } = await relayOf();
    await rig.initialize();
    const ping = (changed: Record<string, string>) => rig.post({ id: 1, method: "ping" }, changed).whole;
    expect((await ping({ constructor: "x" })).status).toBe(200);
    expect(server.seen.at(-1)?.headers.constructor).toBe("x");
    const seen = server.seen.length;
    for (const name of ["Mcp-Session-Id", "authorization", "mcp-method"])
      expect((await ping({ connection: `keep-alive, ${name}` })).status, name).toBe(400);
    expect(server.seen).toHaveLength(seen);
  });
});

describe("strangers to the server behind", () => {
  it("take no place of those whom it knows", async () => {
    const { server, rig } = await relayOf({ flags: ["--client-auth", "upstream", "--max-sessions", "2"] });
    server.answer = (seen, _rpc, response) => {
      if (seen.headers.authorization === "Bearer good") return false;
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      return true;
    };
    const ping = (token: string) =>
      send(rig.url, {
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      }).whole;
    await eventually(() => existsSync(join(rig.stateDir, "enrolment.json")), "the enrolment");
    for (let i = 0; i < 5; i++) expect((await ping(`bad-${i}`)).status).toBe(401);
    expect((await ping("good")).status).toBe(200);
  });
});
