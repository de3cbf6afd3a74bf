import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { heldIn, refusalsOf, relayOf, rigOf, textIn } from "../support/http-world";

const DELETE =
  '{"jsonrpc":"2.0","id":7,\n"method":"tools/call","params":{"name":"delete_note","arguments":{"n":1.0},"_meta":{"progressToken":"p"}}}';

describe("a held call over HTTP, in front of HTTP", () => {
  it("reaches the server once, with its own bytes and headers, after the decision and not before", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const sent = rig.raw(DELETE, {
      "mcp-method": "tools/call",
      "mcp-name": "delete_note",
      "mcp-param-region": "eu",
    });
    const held = await heldIn(console);
    const head = await sent.head;
    expect(head.statusCode).toBe(200);
    expect(head.headers["content-type"]).toBe("text/event-stream");
    await eventually(() => sent.text.includes(held.id), "progress");
    expect(sent.firstByteMs).toBeLessThan(1000);
    expect(held.input.tool).toMatchObject({ name: "delete_note", riskClass: "destructive" });
    expect(server.calls).toEqual([]);
    console.decide(held, "approved");
    const { messages } = await sent.whole;
    expect(messages[0]).toMatchObject({ method: "notifications/progress", params: { progressToken: "p" } });
    expect(textIn(messages.at(-1))).toBe("did delete_note");
    expect(server.calls).toEqual([DELETE]);
    const seen = server.seen.find(({ body }) => body === DELETE);
    expect(seen?.headers).toMatchObject({
      "mcp-name": "delete_note",
      "mcp-param-region": "eu",
      "mcp-session-id": rig.session,
      accept: "application/json, text/event-stream",
    });
    const finished = await eventually(() => console.events.find((event) => event.type === "call.finished"));
    expect(finished).toMatchObject({ request: held.id, outcome: "executed" });
  });

  it("gets the server's stream as it comes, and its errors as answers", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const event = 'event: message\rid: 9\rdata: {"jsonrpc":"2.0","id":7,"result":{"content":[]}}\r\r';
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(event);
      return true;
    };
    const first = rig.raw(DELETE);
    console.decide(await heldIn(console), "approved");
    expect((await first.whole).body.endsWith(event)).toBe(true);
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(400, { "content-type": "text/plain" }).end("no");
      return true;
    };
    const second = rig.raw(DELETE);
    console.decide(await heldIn(console, 1), "approved");
    expect((await second.whole).messages.at(-1)).toMatchObject({
      id: 7,
      error: { message: "The server answered with HTTP 400." },
    });
    server.answer = ({ body }, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(200, { "content-type": "text/event-stream" }).write(`: ${body.length}\n\n`);
      setTimeout(() => response.destroy(), 50);
      return true;
    };
    const third = rig.raw(DELETE);
    console.decide(await heldIn(console, 2), "approved");
    expect((await third.whole).messages.at(-1)).toMatchObject({
      id: 7,
      error: { message: "The server's answer was cut off." },
    });
    const outcomes = () =>
      console.events.flatMap((one) => (one.type === "call.finished" ? [one.outcome] : []));
    await eventually(() => outcomes().length === 3);
    expect(outcomes()).toEqual(["executed", "failed", "unknown"]);
  });

  it("that is denied is refused in the open stream, and the server never hears of it", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const sent = rig.raw(DELETE);
    console.decide(await heldIn(console), "denied", "not today");
    const { messages } = await sent.whole;
    expect(messages.at(-1)).toMatchObject({ id: 7, result: { isError: true } });
    expect(textIn(messages.at(-1))).toContain("not today");
    expect(server.calls).toEqual([]);
  });

  it("is told as pending when patience ends, and its retry is the one that is executed", async () => {
    const { server, console, rig } = await relayOf({ env: { ASSENTRY_PATIENCE_SECONDS: "0.3" } });
    await rig.initialize();
    const plain = { accept: "application/json" };
    const answer = await rig.raw(DELETE, plain).whole;
    expect(answer.headers["content-type"]).toBe("application/json");
    const held = await heldIn(console);
    expect(answer.messages[0]?.result).toMatchObject({
      isError: true,
      _meta: { "io.assentry/approval": { id: held.id, state: "pending" } },
    });
    await eventually(() => held.waiterGone === "patience");
    console.decide(held, "approved");
    const again = await rig.raw(DELETE.replace('"id":7', '"id":8'), plain).whole;
    expect(textIn(again.messages[0])).toBe("did delete_note");
    expect(server.calls).toHaveLength(1);
    expect(console.held).toHaveLength(1);
  });

  it("stays open when its client goes: the same caller's equal call takes it up", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const sent = rig.raw(DELETE);
    const held = await heldIn(console);
    await sent.head;
    sent.close();
    await eventually(() => held.waiterGone === "disconnected", "the waiter's end");
    console.decide(held, "approved");
    const { messages } = await rig.raw(DELETE).whole;
    expect(textIn(messages.at(-1))).toBe("did delete_note");
    expect(server.calls).toHaveLength(1);
  });

  it("is not sent when the tool was changed while it waited", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const sent = rig.raw(DELETE);
    const held = await heldIn(console);
    server.tools = [
      { name: "delete_note", description: "Delete every note.", inputSchema: { type: "object" } },
    ];
    const listed = await rig.post({ id: 1, method: "tools/list" }).whole;
    expect(listed.body).toContain("every note");
    console.decide(held, "approved");
    expect((await sent.whole).messages.at(-1)?.result?.isError).toBe(true);
    expect(server.calls).toEqual([]);
    await eventually(() => refusalsOf(console).some((text) => text.startsWith("tool_changed")));
  });

  it("is left, and its client told, when the agent ends; what happened reaches the console", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const sent = rig.raw(DELETE);
    const held = await heldIn(console);
    await sent.head;
    rig.process.kill("SIGTERM");
    const { messages } = await sent.whole;
    expect(messages.at(-1)).toMatchObject({
      id: 7,
      error: { message: expect.stringContaining("not executed") },
    });
    expect(await rig.exited).toBe(0);
    expect(held.waiterGone).toBe("disconnected");
    expect(console.events.at(-1)).toMatchObject({ type: "session.closed" });
    expect(server.calls).toEqual([]);
  });
});

describe("a held call over HTTP, in front of a command", () => {
  it("reaches it on one line after the decision and not before, or never", async () => {
    const { console, rig } = await rigOf();
    await rig.initialize();
    const sent = rig.raw(DELETE);
    const held = await heldIn(console);
    await eventually(() => sent.text.includes(held.id), "progress");
    const other = await rig.call(1, "read_note").whole;
    expect(textIn(other.messages[0])).toBe("did read_note");
    expect(rig.seen.join()).not.toContain("delete_note");
    console.decide(held, "approved");
    const { messages } = await sent.whole;
    expect(textIn(messages.at(-1))).toBe("did delete_note");
    expect(rig.seen.filter((line) => line.includes("delete_note"))).toEqual([DELETE.replace("\n", "")]);
    const second = rig.raw(DELETE);
    console.decide(await heldIn(console, 1), "denied", "not today");
    expect(textIn((await second.whole).messages.at(-1))).toContain("not today");
    expect(rig.seen.filter((line) => line.includes("delete_note"))).toHaveLength(1);
  });

  it("of a session that ends is left; nothing of it is sent", async () => {
    const { console, rig } = await rigOf();
    await rig.initialize();
    const sent = rig.raw(DELETE);
    const held = await heldIn(console);
    await sent.head;
    await rig.call(1, "read_note", { crash: true }).whole;
    expect((await sent.whole).messages.at(-1)?.error?.message).toContain("not executed");
    await eventually(() => held.waiterGone === "disconnected");
    expect(rig.seen.join()).not.toContain("delete_note");
  });
});
