import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOfPath, readDraft } from "@/components/policies/json-place";
import { matchWords } from "@/components/policies/rule-words";
import { layoutJson, longStrings } from "@/components/requests/json-layout";
import { countdown, inWords } from "@/components/ui/format";

describe("laying arguments out", () => {
  it("adds white space between tokens and changes nothing else", () => {
    const text =
      '{"n":9007199254740993,"e":1.0e2,"s":"a\\u200b{\\"b\\": [1]}","x":[],"y":{},"z":[true,null]}';
    expect(layoutJson(text)).toBe(
      `{
  "n": 9007199254740993,
  "e": 1.0e2,
  "s": "a\\u200b{\\"b\\": [1]}",
  "x": [],
  "y": {},
  "z": [
    true,
    null
  ]
}`,
    );
  });

  it("keeps the value of any JSON, and every token of its source", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const laid = layoutJson(text);
        expect(laid).not.toBeNull();
        expect(JSON.parse(laid as string)).toEqual(JSON.parse(text));
        // laid out twice is laid out once: nothing is added but white space between tokens
        expect(layoutJson(laid as string)).toBe(laid);
      }),
    );
  });

  it("leaves alone what is not JSON", () => {
    expect(layoutJson('{"a":1')).toBeNull();
    expect(layoutJson("plain words")).toBeNull();
  });

  it("finds the strings that nobody can read inside JSON", () => {
    const found = longStrings(
      JSON.stringify({ a: "short", edits: [{ newText: "one\ntwo" }], b: "x".repeat(500) }),
    );
    expect(found.map(({ path, lines }) => [path, lines])).toEqual([
      ["edits[0].newText", 2],
      ["b", 1],
    ]);
  });
});

describe("an issue's place in the draft", () => {
  const text =
    '{\n  "version": 1,\n  "rules": [\n    { "id": "a" },\n    {\n      "id": "b",\n      "when": "x"\n    }\n  ]\n}';

  it("is the line of its path", () => {
    expect(lineOfPath(text, "rules[1].when")).toBe(7);
    expect(lineOfPath(text, "rules[0]")).toBe(4);
    expect(lineOfPath(text, "")).toBe(1);
  });

  it("is the deepest part that exists, when something is missing", () => {
    expect(lineOfPath(text, "rules[1].effect")).toBe(5);
    expect(lineOfPath(text, "offline.read")).toBe(1);
  });

  it("is where the text stops being JSON", () => {
    expect(readDraft('{\n  "a": 1,\n  "b": ]\n}')).toMatchObject({ ok: false, line: 3 });
    expect(readDraft('{"a":1,"a":2}')).toMatchObject({ ok: false });
    expect(readDraft('{"a":1}')).toEqual({ ok: true, document: { a: 1 } });
  });
});

describe("a rule in words", () => {
  const match = { methods: ["tools/call"], direction: "client" as const };

  it("names only what narrows it", () => {
    expect(matchWords(match)).toEqual([{ word: "every tool call", values: [] }]);
    expect(
      matchWords({
        ...match,
        tools: ["delete_*"],
        servers: ["*memory*"],
        annotations: { readOnlyHint: false },
      }),
    ).toEqual([
      { word: "tool", values: ["delete_*"] },
      { word: "on server", values: ["*memory*"] },
      { word: "does not say it only reads", values: [] },
    ]);
    expect(matchWords({ ...match, methods: ["resources/*"] })).toEqual([
      { word: "method", values: ["resources/*"] },
    ]);
  });
});

describe("lengths of time", () => {
  it("count down without a leading zero and never below zero", () => {
    expect([439_000, 61_000, 9_000, -5, 3_849_000, 200_000_000].map(countdown)).toEqual([
      "7:19",
      "1:01",
      "0:09",
      "0:00",
      "1:04:09",
      "2 d 7 h",
    ]);
  });

  it("are said in the largest unit that fits", () => {
    expect([12_000, 240_000, 3 * 3_600_000, 2 * 86_400_000, 21 * 86_400_000].map(inWords)).toEqual([
      "12 s",
      "4 min",
      "3 h",
      "2 days",
      "3 weeks",
    ]);
  });
});
