import { describe, expect, it } from "vitest";
import { readMessage } from "@/agent/contract/scan";
import {
  accepts,
  decodeHeader,
  forwardHeaders,
  headerMismatch,
  isJson,
  repeatedHeader,
  returnHeaders,
} from "@/agent/src/http-headers";

const message = (method: string, params: object = {}) =>
  readMessage(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
const encoded = (text: string) => `=?base64?${Buffer.from(text).toString("base64")}?=`;
const MODERN = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };

describe("headers beside the body", () => {
  it.each([
    ["tools/call", { name: "write" }, { "mcp-method": "tools/call", "mcp-name": "write" }],
    ["resources/read", { uri: "file:///ä", name: "x" }, { "mcp-name": encoded("file:///ä") }],
    ["tasks/get", { taskId: "t1" }, { "mcp-name": "t1" }],
    ["tools/call", { name: "=?base64?" }, { "mcp-name": encoded("=?base64?") }],
    ["tools/call", { name: "a", ...MODERN }, { "mcp-protocol-version": "2026-07-28" }],
    ["tools/call", { name: "a" }, { "mcp-protocol-version": "2025-06-18", "mcp-param-region": "eu" }],
    ["vendor/x", {}, { "mcp-method": "vendor/x" }],
  ])("agree: %s %j %j", (method, params, headers) => {
    expect(headerMismatch(headers, message(method, params))).toBeNull();
  });

  it.each([
    ["mcp-method", "tools/call", { name: "read" }, { "mcp-method": "tools/list" }],
    ["mcp-method", "tools/call", { name: "read" }, { "mcp-method": "Tools/Call" }],
    ["mcp-name", "tools/call", { name: "delete" }, { "mcp-name": "read" }],
    ["mcp-name", "tools/call", { name: "delete" }, { "mcp-name": "" }],
    ["mcp-name", "tools/call", { name: "delete" }, { "mcp-name": encoded("read") }],
    ["mcp-name", "tools/call", { name: "delete" }, { "mcp-name": "=?base64?ZGVsZXR?=" }],
    ["mcp-name", "tools/call", { name: "de" }, { "mcp-name": "=?base64?ZGV=?=" }],
    ["mcp-name", "resources/read", { uri: "a", name: "b" }, { "mcp-name": "b" }],
    ["mcp-name", "tools/list", {}, { "mcp-name": "read" }],
    ["mcp-name", "tools/call", { name: "read" }, { "mcp-name": "read, read" }],
    [
      "mcp-protocol-version",
      "tools/call",
      { name: "a", ...MODERN },
      { "mcp-protocol-version": "2025-06-18" },
    ],
  ])("disagree in %s: %s %j %j", (header, method, params, headers) => {
    expect(headerMismatch(headers, message(method, params))).toBe(header);
  });

  it("decodes strictly", () => {
    expect(decodeHeader(encoded("é"))).toBe("é");
    expect(decodeHeader("=?base64?/w==?=")).toBeNull();
    expect(decodeHeader("caf\u00e9")).toBeNull();
  });

  it("are there once", () => {
    const twice = (name: string) => repeatedHeader({ headersDistinct: { [name]: ["a", "a"] } });
    expect(twice("authorization")).toBe("authorization");
    expect(twice("mcp-session-id")).toBe("mcp-session-id");
    expect(twice("x-other")).toBeNull();
  });
});

describe("what a client takes and sends", () => {
  it.each([
    ["application/json, text/event-stream", { json: true, events: true }],
    ["application/json", { json: true, events: false }],
    ["application/json, text/event-stream;q=0", { json: true, events: false }],
    ["text/event-stream", { json: false, events: true }],
    ["*/*", { json: true, events: true }],
    ["text/html", { json: false, events: false }],
    [undefined, { json: true, events: false }],
  ])("Accept: %s", (accept, expected) => {
    expect(accepts(accept)).toEqual(expected);
  });

  it.each([
    ["application/json", true],
    ["Application/JSON; charset=UTF-8", true],
    ['application/json;charset="utf-8"', true],
    ["application/json; charset=utf-16", false],
    ["application/json-seq", false],
    ["text/plain", false],
    [null, false],
  ])("Content-Type: %s", (type, expected) => {
    expect(isJson(type)).toBe(expected);
  });
});

describe("headers on their way", () => {
  const raw = [
    ["Host", "127.0.0.1:1"],
    ["Authorization", "Bearer secret"],
    ["Cookie", "a=b"],
    ["Connection", "close, X-Hop"],
    ["X-Hop", "1"],
    ["X-Forwarded-For", "1.2.3.4"],
    ["Origin", "https://app.example"],
    ["Accept-Encoding", "gzip"],
    ["Mcp-Session-Id", "s"],
    ["X-Two", "1"],
    ["x-two", "2"],
    ["Transfer-Encoding", "chunked"],
  ].flat();

  it("leave our secret behind where the server is another resource", () => {
    expect(forwardHeaders(raw, "other", "Bearer upstream")).toEqual({
      authorization: "Bearer upstream",
      "mcp-session-id": "s",
      "x-two": ["1", "2"],
      "accept-encoding": "identity",
    });
    expect(forwardHeaders(raw, "other", null).authorization).toBeUndefined();
  });

  it("take the client's credential along to the one server that it is for", () => {
    expect(forwardHeaders(raw, "same_resource", null)).toMatchObject({
      authorization: "Bearer secret",
      cookie: "a=b",
    });
  });

  it("come back without what another server may not say here", () => {
    const back = [
      "WWW-Authenticate",
      "Bearer",
      "Set-Cookie",
      "a=b",
      "Mcp-Session-Id",
      "s",
      "Content-Length",
      "3",
    ];
    expect(returnHeaders(back, "other")).toEqual({ "mcp-session-id": "s" });
    expect(returnHeaders(back, "same_resource")).toEqual({
      "www-authenticate": "Bearer",
      "mcp-session-id": "s",
    });
  });
});
