import { describe, expect, it } from "vitest";
import { readMessage, ScanError } from "@/agent/contract/scan";
import { logLine } from "@/agent/src/log";

const code = (text: string): string => {
  try {
    return readMessage(text).kind;
  } catch (error) {
    if (error instanceof ScanError) return error.code;
    throw error;
  }
};
const params = '{"name":"delete_note","arguments":{}}';

describe("a lone key of the protocol in another case", () => {
  it.each([
    [
      "makes no answer of a call",
      `{"jsonrpc":"2.0","id":9,"result":{},"Method":"tools/call","params":${params}}`,
    ],
    ["nor does an error", `{"jsonrpc":"2.0","id":9,"error":{},"METHOD":"tools/call","params":${params}}`],
    ["nor an escape", `{"jsonrpc":"2.0","id":9,"result":{},"\\u004dethod":"tools/call","params":${params}}`],
    ["gives no id", `{"jsonrpc":"2.0","Id":9,"method":"notifications/x"}`],
    ["gives no params", `{"jsonrpc":"2.0","id":9,"method":"tools/call","Params":${params}}`],
    ["gives params by a long s", `{"jsonrpc":"2.0","id":9,"method":"tools/call","param\u017f":${params}}`],
    [
      "hides no arguments from the rules",
      '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"read_note","Arguments":{"all":true}}}',
    ],
    ["names no resource", '{"jsonrpc":"2.0","id":9,"method":"resources/read","params":{"URI":"file:///x"}}'],
  ])("%s", (_name, text) => {
    expect(code(text)).toBe("case_variant_key");
  });

  it("stays possible where the protocol has no say", () => {
    expect(code('{"jsonrpc":"2.0","id":9,"method":"vendor/x","params":{"Name":"x"}}')).toBe("request");
    expect(
      code(
        '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"t","arguments":{"Name":1,"URI":2}}}',
      ),
    ).toBe("request");
  });
});

describe("a line of the log", () => {
  it("moves no terminal, and shows what cannot be seen", () => {
    const line = logLine({ a: "\u001b[2J\u009b2J\u202egnp.exe\u2028\u{e0041}" });
    expect(line).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(line)).toEqual({ a: "\u001b[2J\u009b2J\u202egnp.exe\u2028\u{e0041}" });
  });
});
