import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { RecordingServer } from "../support/http-server";
import { relayOf, rigOf, started, textIn } from "../support/http-world";
import { send } from "../support/serve-rig";

const ALLOW_ALL = { version: 1, rules: [{ id: "all", match: { methods: ["*"] }, effect: "allow" }] };

describe("in front of a server that speaks HTTP", () => {
  it("passes allowed calls byte for byte, both ways", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const reply =
      '{ "jsonrpc":"2.0",\n "x-vendor":[1.0,1e2], "id":9007199254740991, "result":{"n":9007199254740993,"content":[]}}\n';
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(200, { "content-type": "application/json; charset=utf-8", "x-request-id": "r1" });
      response.end(reply);
      return true;
    };
    const body =
      '{ "jsonrpc":"2.0",\r\n  "x-vendor":[1.0, 1e2],"id":9007199254740991,"method":"tools\\/call","params":{"_meta":{"a":1},"name":"read_note","arguments":{"n":9007199254740993,"\\u0061b":"\\ud83d\\ude00"}}}\n';
    const answer = await rig.raw(body, { "mcp-param-region": "eu" }).whole;
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(reply);
    expect(answer.headers).toMatchObject({
      "x-request-id": "r1",
      "content-type": "application/json; charset=utf-8",
    });
    const seen = server.seen.find((one) => one.body === body);
    expect(seen?.headers).toMatchObject({ "mcp-param-region": "eu", "mcp-session-id": rig.session });
    expect(seen?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(server.seen)).not.toContain(rig.secret);
    const finished = await eventually(() => console.events.find((event) => event.type === "call.finished"));
    expect(finished).toMatchObject({ outcome: "executed" });
    const allowed = console.events.find((event) => event.type === "call.allowed");
    expect(allowed).toMatchObject({ tool: "read_note", caller: { kind: "credential" } });
    expect(JSON.stringify(console.events)).not.toContain(rig.secret);
  });

  it("passes streams event by event, as they come and unchanged", async () => {
    const { server, rig } = await relayOf();
    await rig.initialize();
    const parts = [
      ": open\r\n\r\n",
      'id: 1\revent: message\rdata: {"jsonrpc":"2.0","method":"notifications/progress",\rdata: "params":{"progressToken":"p","progress":1}}\r\r',
      'data: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"done"}]}}\n\n',
    ];
    let go = () => {};
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(200, { "content-type": "text/event-stream" }).write(parts[0]);
      response.write(parts[1]);
      go = () => response.end(parts[2]);
      return true;
    };
    const sent = rig.call(1, "read_note");
    await eventually(() => sent.text === parts.slice(0, 2).join(""), "the first events");
    go();
    expect((await sent.whole).body).toBe(parts.join(""));
  });

  it("lets a server ask its client only what the rules permit, and never in a batch", async () => {
    const { server, console, rig } = await relayOf();
    console.publish(
      {},
      {
        ...ALLOW_ALL,
        rules: [
          { id: "no", match: { methods: ["sampling/*"], direction: "server" }, effect: "deny" },
          ...ALLOW_ALL.rules,
        ],
      },
    );
    await rig.initialize();
    const ask = (id: string, method: string) => ({ jsonrpc: "2.0", id, method, params: {} });
    const events = [ask("a", "sampling/createMessage"), ask("b", "elicitation/create")].map((one) =>
      JSON.stringify(one),
    );
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        [...events, `[${events[0]}]`, '{"jsonrpc":"2.0","id":1,"result":{}}']
          .map((data) => `data: ${data}\n\n`)
          .join(""),
      );
      return true;
    };
    const { messages } = await rig.call(1, "read_note").whole;
    expect(messages.map((message) => message.method ?? "answer")).toEqual(["elicitation/create", "answer"]);
    const refused = await eventually(() => server.seen.find(({ body }) => body.includes('"id":"a"')));
    expect(JSON.parse(refused.body).error.message).toContain("does not let this server ask");
    expect(refused.headers["mcp-session-id"]).toBe(rig.session);
    for (const body of [events[1], `[${events[0]}]`]) {
      server.answer = (_, rpc, response) => {
        if (rpc.method !== "tools/call") return false;
        response.writeHead(200, { "content-type": "application/json" }).end(body);
        return true;
      };
      const answer = await rig.call(2, "read_note").whole;
      expect(answer.status).toBe(502);
      expect(answer.body).not.toContain("createMessage");
    }
  });

  it("gives a session to nobody but its opener, and ends it with DELETE", async () => {
    const { server, rig } = await relayOf({ flags: ["--credential", "other"] });
    await rig.initialize();
    const other = readFileSync(`${rig.stateDir}/credentials/other`, "utf8").trim();
    const as = { authorization: `Bearer ${other}` };
    const theirs = [
      rig.post({ id: 1, method: "ping" }, as),
      ...["GET", "DELETE"].map((method) => send(rig.url, { method, headers: { ...rig.headers, ...as } })),
    ];
    for (const sent of theirs) expect((await sent.whole).status).toBe(404);
    expect((await rig.post({ id: 1, method: "ping" }, { "mcp-session-id": "made-up" }).whole).status).toBe(
      404,
    );
    const passed = server.seen.filter(({ method, body }) => method !== "POST" || body.includes('"ping"'));
    expect(passed).toEqual([]);
    const stream = send(rig.url, { method: "GET", headers: rig.headers });
    expect((await stream.head).statusCode).toBe(200);
    await eventually(() => server.streams.size === 1 && stream.text === ": hello\n\n");
    for (const one of server.streams)
      one.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
    await eventually(() => stream.text.includes("list_changed"));
    stream.close();
    await eventually(() => server.streams.size === 0, "the end of the server's stream");
    expect((await send(rig.url, { method: "DELETE", headers: rig.headers }).whole).status).toBe(200);
    expect((await rig.post({ id: 2, method: "ping" }).whole).status).toBe(404);
  });

  it("sends requests to no other place than the server's own", async () => {
    const { server, rig } = await relayOf({ env: { ASSENTRY_UPSTREAM_AUTHORIZATION: "Bearer up" } });
    const elsewhere = await started(new RecordingServer());
    await rig.initialize();
    expect(server.seen[0]?.headers.authorization).toBe("Bearer up");
    for (const status of [301, 307, 401]) {
      server.answer = (_, rpc, response) => {
        if (rpc.method !== "tools/call") return false;
        response.writeHead(status, { location: elsewhere.url, "www-authenticate": "Bearer" }).end();
        return true;
      };
      const answer = await rig.call(status, "read_note").whole;
      expect(answer.status).toBe(502);
      expect(answer.headers["www-authenticate"]).toBeUndefined();
      expect(answer.headers.location).toBeUndefined();
    }
    expect(elsewhere.seen).toEqual([]);
  });

  it("ends the server's request when the client goes, and says when the server is gone", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    let ended = false;
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.on("close", () => (ended = true));
      return true;
    };
    const sent = rig.call(1, "read_note");
    await eventually(() => server.calls.length === 1);
    sent.close();
    await eventually(() => ended, "the end of the server's request");
    const finished = await eventually(() => console.events.find((event) => event.type === "call.finished"));
    expect(finished).toMatchObject({ outcome: "unknown" });
    await server.stop();
    const answer = await rig.call(2, "read_note").whole;
    expect(answer.status).toBe(502);
    expect(answer.messages[0]?.error?.message).toContain("could not be reached");
    await server.start();
  });

  it("serves requests without sessions, equal ids of many clients at once", async () => {
    const { server, rig } = await relayOf();
    server.sessions = false;
    const waiting: (() => void)[] = [];
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      waiting.push(() =>
        server.result(response, rpc, { content: [{ type: "text", text: String(rpc.params?.arguments?.n) }] }),
      );
      return true;
    };
    const sent = [0, 1, 2, 3].map((n) => rig.call(1, "read_note", { n }));
    await eventually(() => waiting.length === 4);
    for (const answer of waiting.reverse()) answer();
    const answers = await Promise.all(sent.map(({ whole }) => whole));
    expect(answers.map(({ messages }) => textIn(messages[0]))).toEqual(["0", "1", "2", "3"]);
  });
});

describe("in front of a command", () => {
  it("gives it every message on one line, and every session a process of its own", async () => {
    const { rig } = await rigOf();
    await rig.initialize();
    const first = rig.session;
    const answer = await rig.raw(
      '{"jsonrpc":"2.0",\n "id":1,\r\n "method":"tools/call","params":{"name":"read_note"}}',
    ).whole;
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(textIn(answer.messages[0])).toBe("did read_note");
    expect(rig.seen).toContain(
      '{"jsonrpc":"2.0", "id":1, "method":"tools/call","params":{"name":"read_note"}}',
    );
    rig.session = null;
    await rig.initialize();
    expect(rig.session).not.toBe(first);
    expect(rig.seen.filter((line) => line.includes('"initialize"'))).toHaveLength(2);
    expect((await send(rig.url, { method: "DELETE", headers: rig.headers }).whole).status).toBe(200);
    expect((await rig.call(2, "read_note").whole).status).toBe(404);
    rig.session = first;
    expect(textIn((await rig.call(2, "read_note").whole).messages[0])).toBe("did read_note");
  });

  it("brings what the server says meanwhile on the stream of the request, and the rest on the other", async () => {
    const { console, rig } = await rigOf();
    console.publish({}, ALLOW_ALL);
    await rig.initialize();
    const asked = await rig.call(1, "read_note", { ask: "elicitation/create" }).whole;
    expect(asked.headers["content-type"]).toBe("text/event-stream");
    expect(asked.messages.map((message) => message.method ?? message.id)).toEqual(["elicitation/create", 1]);
    const stream = send(rig.url, { method: "GET", headers: rig.headers });
    await eventually(() => stream.text.includes(":"), "the stream");
    await rig.call(2, "read_note", { changed: true }, { progressToken: 1 }).whole;
    expect((await rig.call(3, "read_note", { crash: true }).whole).messages[0]?.error?.message).toContain(
      "not known",
    );
    await stream.whole;
    expect((await rig.call(4, "read_note").whole).status).toBe(404);
  });

  it("answers requests without a session from a process that nobody else uses meanwhile", async () => {
    const { rig } = await rigOf({ flags: ["--max-sessions", "2"] });
    const sent = [1, 2].map((id) => rig.call(id, "read_note", { silent: true }));
    await eventually(() => rig.seen.filter((line) => line.includes("silent")).length === 2);
    const full = await rig.call(3, "read_note").whole;
    expect([full.status, full.headers["retry-after"]]).toEqual([503, "10"]);
    for (const one of sent) one.close();
    let answer = full;
    while (answer.status === 503) answer = await rig.call(3, "read_note").whole;
    expect(textIn(answer.messages[0])).toBe("did read_note");
  });
});
