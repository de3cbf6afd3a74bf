import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { refusalsOf, relayOf, rigOf } from "../support/http-world";
import { send } from "../support/serve-rig";

/** Raw bytes on a socket: what no HTTP library would write. */
function onTheWire(url: string, text: string): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      if (got.includes("\r\n\r\n") && got.endsWith("}")) socket.end();
    });
    socket.on("close", () => done(got));
    socket.on("error", failed);
    socket.write(text);
  });
}

describe("who may call", () => {
  it("names and origins are checked first, and a flood of them stays small", async () => {
    const { console, rig } = await rigOf({ flags: ["--allow-origin", "https://app.example"] });
    const { host } = new URL(rig.url);
    const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    const statusOf = async (headers: Record<string, string>) =>
      (await send(rig.url, { headers: { ...rig.headers, ...headers }, body: ping }).whole).status;
    expect(await statusOf({ host: "evil.example" })).toBe(403);
    expect(await statusOf({ origin: "https://evil.example" })).toBe(403);
    expect(await statusOf({ origin: `http://${host}` })).toBe(403);
    for (let i = 0; i < 300; i++) await statusOf({ host: "evil.example" });
    const preflight = await send(rig.url, { method: "OPTIONS", headers: { origin: "https://app.example" } })
      .whole;
    expect(preflight.headers["access-control-allow-origin"]).toBe("https://app.example");
    const allowed = await send(rig.url, {
      headers: { ...rig.headers, origin: "https://app.example" },
      body: ping,
    }).whole;
    expect(allowed.headers["access-control-allow-origin"]).toBe("https://app.example");
    rig.process.kill("SIGTERM");
    await rig.exited;
    expect(refusalsOf(console)).toEqual([
      "bad_host from 127.0.0.1",
      "bad_origin from 127.0.0.1",
      "bad_host 300 more from 127.0.0.1",
      "bad_origin 1 more from 127.0.0.1",
    ]);
  });

  it("every client shows a credential; nothing is forwarded for one that does not", async () => {
    const { console, server, rig } = await relayOf();
    for (const authorization of [null, "Bearer wrong", `Basic ${rig.secret}`, rig.secret]) {
      const answer = await rig.post({ id: 1, method: "tools/list" }, { authorization }).whole;
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    }
    expect((await send(rig.url, { method: "GET" }).whole).status).toBe(401);
    expect((await send(rig.url, { method: "GET", path: "/" }).whole).status).toBe(404);
    const discovery = await send(rig.url, { method: "GET", path: "/.well-known/oauth-protected-resource" })
      .whole;
    expect(discovery.status).toBe(404);
    expect(server.seen).toEqual([]);
    expect(rig.stderr).not.toContain(rig.secret);
    await eventually(() => refusalsOf(console).includes("not_authenticated from 127.0.0.1"), "the record");
  });
});

describe("what is no message", () => {
  it("is refused, recorded and forwarded to nobody", async () => {
    const { console, server, rig } = await relayOf();
    await rig.initialize();
    const call = '"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_note"}';
    const bad: [string | Buffer, string][] = [
      [`[{${call}}]`, "batch"],
      [`{${call},"method":"ping"}`, "duplicate_key"],
      [`{${call},"Method":"ping"}`, "case_variant_key"],
      [`{${call.replace('"id":1,', "")}}`, "missing_id"],
      [`{${call.replace('"id":1', '"id":null')}}`, "null_id"],
      [`{${call}} {${call}}`, "syntax"],
      [`{${call.replace("read_note", "\\ud800")}}`, "lone_surrogate"],
      [`{${call.replace("read_note", "a\u2028b")}}`, "line_break"],
      [
        `{${call.replace('"read_note"', `"x","arguments":${'{"a":'.repeat(80)}1${"}".repeat(80)}`)}}`,
        "depth",
      ],
      [Buffer.concat([Buffer.from(`{${call},"x":"`), Buffer.from([0xff]), Buffer.from('"}')]), "encoding"],
      ["", "syntax"],
    ];
    const before = server.seen.length;
    for (const [body, code] of bad) {
      const answer = await rig.raw(body).whole;
      expect([answer.status, code]).toEqual([400, code]);
      expect(answer.messages[0]?.error?.code).toBe(-32600);
      await eventually(() => refusalsOf(console).includes(`malformed ${code}`), code);
    }
    expect((await rig.raw(`{${call}}`, { "content-type": "text/plain" }).whole).status).toBe(415);
    expect(
      (await rig.raw(`{${call}}`, { "content-type": "application/json; charset=utf-16" }).whole).status,
    ).toBe(415);
    expect((await rig.raw(`{${call}}`, { "content-encoding": "gzip" }).whole).status).toBe(415);
    expect((await rig.raw(`{${call}}`, { accept: "text/html" }).whole).status).toBe(406);
    expect((await rig.raw(Buffer.alloc(17 * 1024 * 1024, 0x20)).whole).status).toBe(413);
    const own = server.seen.slice(before).filter(({ body }) => !body.includes("assentry-"));
    expect(own).toEqual([]);
  });

  it("as little as one whose headers say something else than its body", async () => {
    const { console, server, rig } = await relayOf();
    await rig.initialize();
    const message = { id: 1, method: "tools/call", params: { name: "delete_note" } };
    const disagreeing: Record<string, string>[] = [
      { "mcp-method": "tools/list" },
      { "mcp-name": "read_note" },
      { "mcp-name": `=?base64?${Buffer.from("read_note").toString("base64")}?=` },
    ];
    for (const headers of disagreeing) {
      const answer = await rig.post(message, headers).whole;
      expect([answer.status, answer.messages[0]?.error?.code]).toEqual([400, -32020]);
    }
    await eventually(() => refusalsOf(console).includes("header_mismatch mcp-name"), "the record");
    const twice = await onTheWire(
      rig.url,
      [
        "POST /mcp HTTP/1.1",
        `Host: ${new URL(rig.url).host}`,
        `Authorization: Bearer ${rig.secret}`,
        "Content-Type: application/json",
        "Content-Length: 2",
        `Mcp-Session-Id: ${rig.session}`,
        "Mcp-Session-Id: other",
        "",
        "{}",
      ].join("\r\n"),
    );
    expect(twice).toMatch(/^HTTP\/1\.1 400/);
    expect(server.calls).toEqual([]);
  });
});

describe("in front of the resource that the clients' credentials are for", () => {
  const serverWith = async () => {
    const world = await relayOf({ flags: ["--client-auth", "upstream"] });
    const { server } = world;
    server.answer = ({ headers, path }, _, response) => {
      if (path.startsWith("/.well-known/")) {
        response
          .writeHead(200, { "content-type": "application/json" })
          .end('{"resource":"https://mcp.example"}');
        return true;
      }
      if (headers.authorization === "Bearer good") return false;
      response.writeHead(401, { "www-authenticate": 'Bearer resource_metadata="https://mcp.example/x"' });
      response.end('{"error":"invalid_token"}');
      return true;
    };
    return world;
  };

  it("the server's own 401 and metadata pass back, and nobody unknown to it is held", async () => {
    const { console, server, rig } = await serverWith();
    const call = { id: 1, method: "tools/call", params: { name: "delete_note" } };
    for (const authorization of [null, "Bearer bad"]) {
      const answer = await rig.post(call, { authorization }).whole;
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toContain("resource_metadata");
      expect(answer.body).toBe('{"error":"invalid_token"}');
    }
    expect(server.calls).toEqual([]);
    expect(console.held).toEqual([]);
    const path = "/.well-known/oauth-protected-resource/mcp";
    expect((await send(rig.url, { method: "GET", path }).whole).body).toContain("https://mcp.example");
  });

  it("a credential that the server takes goes along, and is the caller", async () => {
    const { console, server, rig } = await serverWith();
    const as = { authorization: "Bearer good" };
    const sent = rig.post({ id: 1, method: "tools/call", params: { name: "delete_note" } }, as);
    const held = await eventually(() => console.held[0]);
    expect(held.input.caller).toMatchObject({
      kind: "credential",
      key: expect.stringMatching(/^cred:[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(held.input)).not.toContain("good");
    expect(server.calls).toEqual([]);
    console.decide(held, "approved");
    expect((await sent.whole).body).toContain("did delete_note");
    const executed = server.seen.filter(({ body }) => body.includes("tools/call"));
    expect(executed.map(({ headers }) => headers.authorization)).toEqual(["Bearer good"]);
  });
});
