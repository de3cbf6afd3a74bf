import { describe, expect, it } from "vitest";
import { readMessage, readToolCall, ScanError, type ScannedMessage } from "@/agent/contract/scan";

const code = (text: string): string => {
  try {
    const message = readMessage(text);
    if (message.kind === "request" && message.method === "tools/call") readToolCall(message);
    return message.kind;
  } catch (error) {
    if (error instanceof ScanError) return error.code;
    throw error;
  }
};
const request = (text: string): Extract<ScannedMessage, { kind: "request" }> => {
  const message = readMessage(text);
  if (message.kind !== "request") throw new Error("not a request");
  return message;
};

describe("readMessage", () => {
  it("tells calls, notices and answers apart", () => {
    expect(code('{"jsonrpc":"2.0","id":1,"method":"ping"}')).toBe("request");
    expect(code('{"jsonrpc":"2.0","method":"notifications/initialized"}')).toBe("notification");
    expect(code('{"jsonrpc":"2.0","id":"a","result":{}}')).toBe("response");
    expect(code('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}')).toBe("response");
    expect(code('{"jsonrpc":"2.0","id":1,"method":"vendor/x","extra":{"a":1}}')).toBe("request");
  });

  it("reads the method from the parsed value", () => {
    const text =
      '{"jsonrpc":"2.0","id":7,"method":"tools\\/c\\u0061ll","params":{"name":"t","arguments":{"x" : 1}}}';
    const message = request(text);
    expect(message.method).toBe("tools/call");
    const call = readToolCall(message);
    expect(call.name).toBe("t");
    expect(text.slice(call.arguments?.start, call.arguments?.end)).toBe('{"x" : 1}');
    expect(text.slice(message.id.node.start, message.id.node.end)).toBe("7");
  });

  it.each([
    ["1", "n:1"],
    ["1.0", "n:1"],
    ["1e0", "n:1"],
    ["10E-1", "n:1"],
    ["-0", "n:0"],
    ['"1"', "s:1"],
    ['""', "s:"],
    ['"\\u0061"', "s:a"],
    ["9007199254740993", "n:9007199254740992"],
  ])("names the id %s as %s", (id, key) => {
    expect(request(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`).id.key).toBe(key);
  });

  it.each([
    ["[]", "batch"],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', "batch"],
    ["1", "invalid_envelope"],
    ['{"id":1,"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":2.0,"id":1,"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":7}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":""}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":null,"result":1}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","result":{}}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":null,"result":{}}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"error":"x"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":true,"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1e999,"method":"ping"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"t"}}', "null_id"],
    ['{"jsonrpc":"2.0","method":"tools/call","params":{"name":"t"}}', "missing_id"],
    ['{"jsonrpc":"2.0","method":"tools\\/call","params":{"name":"t"}}', "missing_id"],
    ['{"jsonrpc":"2.0","method":"resources/read","params":{"uri":"x"}}', "missing_id"],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call"}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}', "invalid_envelope"],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["t"]}}', "invalid_envelope"],
    [
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":"{}"}}',
      "invalid_envelope",
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call"}', "case_variant_key"],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', "duplicate_key"],
    ['{"jsonrpc":"2.0","id":1,"method":"ping"}\n{"jsonrpc":"2.0","id":2,"method":"ping"}', "line_break"],
  ])("refuses %s: %s", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("takes arguments that are left out", () => {
    const call = readToolCall(
      request('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}'),
    );
    expect(call.arguments).toBeUndefined();
  });
});
