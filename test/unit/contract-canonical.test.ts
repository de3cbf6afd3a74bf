import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callDigestText,
  canonical,
  canonicalValue,
  DIGEST_ALG,
  digest,
  toolDigestText,
  UNCOVERED_META,
} from "@/agent/contract/canonical";
import { canonicalNumber } from "@/agent/contract/number";
import { scanJson, toPlain } from "@/agent/contract/scan";

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
const of = (text: string): string =>
  canonical(scanJson(text, { lineBreaks: "ignore", caseVariants: "allow" }));
const call = (params: string, extra?: Record<string, unknown>): string =>
  callDigestText("tools/call", scanJson(params), extra);

describe("canonical", () => {
  it("matches the example of RFC 8785, 3.2.2", () => {
    const text = `{
      "numbers": [333333333.3333333, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`;
    expect(of(text)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts keys by UTF-16 units as RFC 8785, 3.2.3 does", () => {
    const text =
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}';
    const values = Object.values(JSON.parse(of(text)) as Record<string, string>);
    expect(of(text).match(/Carriage|One|Control|Latin|Euro|Emoji|Hebrew/g)).toEqual([
      "Carriage",
      "One",
      "Control",
      "Latin",
      "Euro",
      "Emoji",
      "Hebrew",
    ]);
    expect(values).toHaveLength(7);
  });

  // Appendix B of RFC 8785: the double's bits and its text.
  it.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("writes the double %s as %s", (bits, text) => {
    const value = Buffer.from(bits, "hex").readDoubleBE();
    expect(canonicalValue(value)).toBe(text);
    expect(canonicalNumber(String(value))).toBe(text);
  });

  it.each([
    ["9007199254740993", "9007199254740993"],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740992.0", "9007199254740992"],
    ["9007199254740992.5", "9007199254740992.5"],
    ["1.0", "1"],
    ["1e0", "1"],
    ["100e-2", "1"],
    ["0.10", "0.1"],
    ["1E-1", "0.1"],
    ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"],
    ["-0", "0"],
    ["-0.0e5", "0"],
    ["0e999999999999999999999", "0"],
    ["1e400", "1e400"],
    ["-1e400", "-1e400"],
    ["1e-400", "1e-400"],
    ["1e99999999999999999999999", "1e99999999999999999999999"],
    ["333333333.33333329", "333333333.33333329"],
    ["1000000000000000000000", "1e+21"],
    ["1000000000000000000001", "1000000000000000000001"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
  ])("writes the token %s as %s", (token, text) => {
    expect(of(token)).toBe(text);
  });

  it("never gives two numbers of different value one text", () => {
    const token = fc.oneof(
      fc.bigInt({ min: 2n ** 52n, max: 2n ** 70n }).map(String),
      fc
        .tuple(fc.integer(), fc.nat(99999), fc.integer({ min: -330, max: 330 }))
        .map(([a, b, e]) => `${a}.${b}e${e}`),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    );
    const scaled = (text: string): bigint => {
      const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
      const [whole = "", fraction = ""] = mantissa.split(".");
      return BigInt(whole + fraction) * 10n ** BigInt(800 + Number(exponent) - fraction.length);
    };
    fc.assert(
      fc.property(token, fc.integer({ min: -2, max: 2 }), (a, step) => {
        expect(scaled(canonicalNumber(a)) === scaled(a)).toBe(true);
        const near = /^\d+$/.test(a) ? String(BigInt(a) + BigInt(step)) : a.replace(/e|$/, "0$&");
        if (scaled(a) !== scaled(near)) expect(canonicalNumber(a)).not.toBe(canonicalNumber(near));
      }),
    );
  });

  it("is stable under key order, white space and escapes, and reads back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const reversed = JSON.stringify(
          value,
          (_, v: unknown) =>
            v !== null && typeof v === "object" && !Array.isArray(v)
              ? Object.fromEntries(Object.entries(v).reverse())
              : v,
          2,
        );
        const options = { lineBreaks: "ignore", caseVariants: "allow" } as const;
        const once = canonical(scanJson(text, options));
        expect(canonical(scanJson(reversed, options))).toBe(once);
        expect(of(once)).toBe(once);
        expect(canonicalValue(toPlain(scanJson(text, options)))).toBe(once);
      }),
    );
  });
});

describe("canonicalValue", () => {
  it("leaves undefined members out and refuses what JSON cannot hold", () => {
    expect(canonicalValue({ b: 1n, a: undefined, c: [null, "x"] })).toBe('{"b":1,"c":[null,"x"]}');
    for (const bad of [
      undefined,
      [undefined],
      Number.NaN,
      Infinity,
      "\ud800",
      { "\ud800": 1 },
      new Date(),
      new Map(),
      () => 1,
    ])
      expect(() => canonicalValue(bad)).toThrow(TypeError);
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => canonicalValue(loop)).toThrow(TypeError);
  });
});

describe("call digests", () => {
  it("covers everything in params but the closed list", () => {
    const base = call('{"name":"t","arguments":{"a":1}}');
    expect(base).toBe('{"method":"tools/call","params":{"arguments":{"a":1},"name":"t"}}');
    const dressed = `{"_meta":{${[...UNCOVERED_META].map((key) => `"${key}":{"x":1}`).join()}},"arguments":{"a":1.0},"name":"t"}`;
    expect(call(dressed)).toBe(base);
    expect(call('{"name":"t","arguments":{"a":1},"_meta":{}}')).toBe(base);
    for (const other of [
      '{"name":"t","arguments":{"a":2}}',
      '{"name":"T","arguments":{"a":1}}',
      '{"name":"t","arguments":{"a":1},"task":{}}',
      '{"name":"t","arguments":{"a":1},"_meta":{"vendor":1}}',
      '{"name":"t","arguments":{"a":1},"_meta":{"progresstoken":1}}',
      '{"name":"t","arguments":{"a":1},"_meta":[]}',
      '{"name":"t","arguments":{"a":1},"_meta":null}',
      '{"name":"t","arguments":{"a":1},"progressToken":1}',
      '{"name":"t","arguments":{"a":1,"_meta":{"progressToken":1}}}',
      '{"name":"t","arguments":{"a":1},"meta":{"_meta":{"progressToken":1}}}',
    ])
      expect(call(other)).not.toBe(base);
  });

  it("tells two big integers apart", () => {
    expect(call('{"amount":9007199254740993}')).not.toBe(call('{"amount":9007199254740992}'));
  });

  it("binds the method and what else it is given", () => {
    expect(callDigestText("ping")).toBe('{"method":"ping"}');
    expect(callDigestText("ping", scanJson("null"))).toBe('{"method":"ping"}');
    expect(callDigestText("a", scanJson("{}"))).not.toBe(callDigestText("b", scanJson("{}")));
    expect(call("{}", { server: "s" })).toBe('{"context":{"server":"s"},"method":"tools/call","params":{}}');
    expect(call("{}", {})).toBe(call("{}"));
    expect(call("{}", { server: undefined })).toBe(call("{}"));
  });
});

describe("tool digests", () => {
  it("cover the whole definition", () => {
    const tool = (extra: string): string =>
      toolDigestText(scanJson(`{"name":"t","description":"d"${extra}}`));
    expect(tool(',"_meta":{"progressToken":1}')).not.toBe(tool(""));
    expect(tool(',"annotations":{"readOnlyHint":true}')).not.toBe(
      tool(',"annotations":{"readOnlyHint":false}'),
    );
    expect(digest(tool(""), sha256)).toBe(sha256('{"description":"d","name":"t"}'));
    expect(DIGEST_ALG).toBe("sha256/assentry-jcs-1");
  });
});
