import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldKey } from "@/agent/contract/json-node";
import {
  JsonObject,
  ScanError,
  type ScanOptions,
  scanJson,
  singleLine,
  toPlain,
} from "@/agent/contract/scan";

const code = (text: string, options?: ScanOptions): string => {
  try {
    scanJson(text, options);
    return "accepted";
  } catch (error) {
    if (error instanceof ScanError) return error.code;
    throw error;
  }
};
const object = (text: string): JsonObject => {
  const node = scanJson(text);
  if (node instanceof JsonObject) return node;
  throw new Error("not an object");
};

describe("scanJson", () => {
  it("reads every kind of value with its place in the text", () => {
    const text = ' {"a" : [1, -2.5e+3, "x\\u0041\\n", true, false, null], "b":{}} ';
    const root = object(text);
    const a = root.members[0];
    expect(a && text.slice(a.keyStart, a.keyEnd)).toBe('"a"');
    expect(a && text.slice(a.value.start, a.value.end)).toBe(
      '[1, -2.5e+3, "x\\u0041\\n", true, false, null]',
    );
    expect(toPlain(root)).toEqual({ a: [1, -2500, "xA\n", true, false, null], b: {} });
    expect(text.slice(root.start, root.end)).toBe(text.trim());
    expect(root.get("b")?.type).toBe("object");
    expect(root.get("toString")).toBeUndefined();
  });

  it("finds members of large objects by key", () => {
    const root = object(
      JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, i]))),
    );
    expect(root.get("k49")).toMatchObject({ type: "number", source: "49" });
    expect(root.get("k50")).toBeUndefined();
  });

  it("agrees with JSON.parse on whatever JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = JSON.stringify(value).replace(
          /[\u0085\u2028\u2029]/g,
          (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
        fc.pre(code(text) !== "case_variant_key");
        const plain = JSON.stringify(toPlain(scanJson(text)), (_, v: unknown) =>
          typeof v === "bigint" ? Number(v) : v,
        );
        expect(JSON.parse(plain)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("accepts nothing that JSON.parse refuses", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      "\\",
      "1",
      "-",
      ".",
      "0",
      "e",
      "tru",
      "true",
      "null",
      " ",
      "\t",
      "\u0000",
      "\ufeff",
      "\u00a0",
      "\\u00",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        const verdict = code(text);
        if (!parsed) expect(verdict).not.toBe("accepted");
        else expect(["accepted", "duplicate_key"]).toContain(verdict);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    "",
    " ",
    "\ufeff{}",
    "{} x",
    "{}{}",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "{'a':1}",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "NaN",
    "Infinity",
    "tru",
    "truefalse",
    '"\\x41"',
    '"\\u12g4"',
    '"\\u12',
    '"abc',
    '"a\tb"',
    '"a\u0000b"',
    "[1 2]",
    '{"a" 1}',
    "[",
    "{",
    '{"a"',
    '{"a":',
    "/*x*/1",
    "\u00a01",
  ])("refuses %j as malformed", (text) => {
    expect(code(text)).toBe("syntax");
  });

  it.each([
    ['{"a":1,"a":2}', "duplicate_key"],
    ['{"a":1,"\\u0061":2}', "duplicate_key"],
    ['{"x":[{"name":"allowed","Name":"evil"}]}', "case_variant_key"],
    ['{"name":"allowed","n\\u0041me":"evil"}', "case_variant_key"],
    ['{"params":1,"param\u017f":2}', "case_variant_key"],
    ['{"params":1,"param\\u017F":2}', "case_variant_key"],
    ['{"k":1,"\u212a":2}', "case_variant_key"],
    ['{"\u00e9":1,"\u00c9":2}', "case_variant_key"],
    ['{"\u03c3":1,"\u03c2":2}', "case_variant_key"],
    ['{"id":1,"\u0130d":2}', "case_variant_key"],
    ['{"id":1,"\u0131d":2}', "case_variant_key"],
    ['{"\u{10400}":1,"\u{10428}":2}', "case_variant_key"],
    ['{"__proto__":1,"__PROTO__":2}', "case_variant_key"],
    ['{"\u00e9":1,"e\u0301":2}', "accepted"],
    ['{"\ufb01":1,"fi":2}', "accepted"],
    ['{"\u00df":1,"ss":2}', "accepted"],
    ['{"a":{"b":1},"b":1}', "accepted"],
  ])("judges the keys of %s: %s", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("finds a repeated key among many", () => {
    const keys = Array.from({ length: 40 }, (_, i) => `"k${i}":0`);
    expect(code(`{${[...keys, '"k3":1'].join()}}`)).toBe("duplicate_key");
    expect(code(`{${[...keys, '"K3":1'].join()}}`)).toBe("case_variant_key");
    expect(code(`{${[...keys, '"K3":1'].join()}}`, { caseVariants: "allow" })).toBe("accepted");
    expect(code(`{${[...keys, '"k3":1'].join()}}`, { caseVariants: "allow" })).toBe("duplicate_key");
  });

  it("folds as regular expressions fold, over the whole of the basic plane", () => {
    const wider = new Set([0x130, 0x131, 0x49, 0x69]);
    for (let point = 0x20; point < 0x10000; point++) {
      if ((point >= 0xd800 && point <= 0xdfff) || wider.has(point)) continue;
      const ch = String.fromCharCode(point);
      const folded = foldKey(ch);
      if (folded === ch) continue;
      expect(
        new RegExp(`^\\u{${folded.codePointAt(0)?.toString(16)}}$`, "iu").test(ch),
        point.toString(16),
      ).toBe(true);
      expect(foldKey(folded)).toBe(folded);
    }
    for (const [a, b] of [
      "kK",
      "K\u212a",
      "sS",
      "S\u017f",
      "\ufb05\ufb06",
      "\u1fd3\u0390",
      "\u1fe3\u03b0",
      "\u00df\u1e9e",
      "\u13a0\uab70",
    ].map((s) => [...s]))
      expect(foldKey(String(a))).toBe(foldKey(String(b)));
  });

  it.each([
    ['"\ud83d"', "lone_surrogate"],
    ['"\ude00"', "lone_surrogate"],
    ['"\ude00\ud83d"', "lone_surrogate"],
    ['"\\ud83d"', "lone_surrogate"],
    ['"\\ude00"', "lone_surrogate"],
    ['"\\ud83dx"', "lone_surrogate"],
    ['"\\ud83d\\u0041"', "lone_surrogate"],
    ['"\\ud83d\ude00"', "lone_surrogate"],
    ['"\ud83d\\ude00"', "lone_surrogate"],
    ['{"\\ud83d":1}', "lone_surrogate"],
    ['"\\ud83d\\ude00"', "accepted"],
    ['"\ud83d\ude00"', "accepted"],
  ])("judges the surrogates of %j: %s", (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it("bounds depth, length and numbers", () => {
    const nested = (n: number): string => "[".repeat(n) + "]".repeat(n);
    expect(code(nested(64))).toBe("accepted");
    expect(code(nested(65))).toBe("depth");
    expect(code('{"a":'.repeat(100_000))).toBe("depth");
    expect(code(nested(3), { maxDepth: 2 })).toBe("depth");
    expect(code(`[${nested(1)},${nested(1)}]`, { maxDepth: 2 })).toBe("accepted");
    expect(code('"aaaa"', { maxLength: 5 })).toBe("too_large");
    expect(code("9".repeat(4301))).toBe("too_large");
    expect(code("9".repeat(4300))).toBe("accepted");
  });

  const breaks = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\u0085", "\u2028", "\u2029"];
  it("refuses every kind of line break, wherever it stands", () => {
    for (const b of breaks)
      for (const text of [
        `${b}{}`,
        `{}${b}`,
        `{${b}}`,
        `{"a":${b}1}`,
        `{"a"${b}:1}`,
        `[1${b},2]`,
        `{"a":"x${b}y"}`,
        `{"x${b}y":1}`,
      ])
        expect(code(text), JSON.stringify(text)).toBe("line_break");
    expect(code('{"a":"\\n\\r\\u2028\\u0085"}')).toBe("accepted");
  });

  it("takes CR and LF between tokens as white space only when told so", () => {
    const allow = { lineBreaks: "allow" } as const;
    expect(code('\r\n{\n"a"\n:\r1\n}\n', allow)).toBe("accepted");
    expect(code('{"a":"x\ny"}', allow)).toBe("line_break");
    for (const b of breaks.slice(3)) {
      expect(code(`{${b}}`, allow)).toBe("line_break");
      expect(code(`"${b}"`, allow)).toBe("line_break");
    }
    expect(code('"\u2028\u0085"', { lineBreaks: "ignore" })).toBe("accepted");
    expect(code('"\n"', { lineBreaks: "ignore" })).toBe("line_break");
  });

  it("tells where it stopped and quotes nothing", () => {
    try {
      scanJson('{"token":"hunter2","token":1}');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "duplicate_key", offset: 19 });
      expect(String(error)).not.toContain("hunter2");
    }
  });
});

describe("toPlain", () => {
  it("keeps whole numbers exact and prototypes alone", () => {
    const plain = toPlain(
      scanJson('{"a":9007199254740993,"b":-9007199254740991,"c":1e3,"__proto__":{"admin":true}}'),
    );
    expect(plain).toMatchObject({ a: 9007199254740993n, b: -9007199254740991, c: 1000 });
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect(Object.keys(plain as object)).toContain("__proto__");
    expect((plain as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe("singleLine", () => {
  it("drops line breaks between tokens and nothing in strings", () => {
    const text = '\n{\r\n  "a\\"b" : "x\\\\",\n "c": [1,\n2]\n}\n';
    const line = singleLine(text, scanJson(text, { lineBreaks: "allow" }));
    expect(line).toBe('{  "a\\"b" : "x\\\\", "c": [1,2]}');
    expect(JSON.parse(line)).toEqual(JSON.parse(text));
  });

  it("always gives one line of the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(code(text, { lineBreaks: "allow" }) === "accepted");
        const line = singleLine(text, scanJson(text, { lineBreaks: "allow" }));
        expect(code(line)).toBe("accepted");
        expect(JSON.parse(line)).toEqual(JSON.parse(text));
      }),
    );
  });
});
