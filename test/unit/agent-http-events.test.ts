import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventSplitter, messageEvent, type RawEvent } from "@/agent/src/http-events";

function split(chunks: readonly Buffer[], maxBytes = 10_000): RawEvent[] {
  const events: RawEvent[] = [];
  const splitter = new EventSplitter((event) => events.push(event), maxBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return events;
}
const dataOf = (text: string) =>
  split([Buffer.from(text)]).flatMap(({ data }) => (data ? [data.toString()] : []));

/** The standard's own way to read a stream, over a whole text. */
function byTheBook(text: string): string[] {
  const found: string[] = [];
  let data: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    if (line === "") {
      if (data.length > 0) found.push(data.join("\n"));
      data = [];
    } else if (/^data(:|$)/.test(line)) data.push(line.replace(/^data:? ?/, ""));
  }
  if (data.length > 0) found.push(data.join("\n"));
  return found;
}

describe("events of a stream", () => {
  it.each([
    ["data: a\n\n", ["a"]],
    ["data:a\r\rdata: b\r\n\r\n", ["a", "b"]],
    ["event: x\nid: 1\ndata: {\ndata: }\n\n", ["{\n}"]],
    ["data\n\n", [""]],
    ["data:  two\n\n", [" two"]],
    ["\uFEFFdata: a\n\n", ["a"]],
    ["dataset: a\n\ndata: b\n\n", ["b"]],
    [": ping\n: ping\n\ndata: a\n\n", ["a"]],
    ["data: never ended", ["never ended"]],
  ])("%j", (text, expected) => {
    expect(dataOf(text)).toEqual(expected);
  });

  it("changes no byte and reads as the standard does, however it is cut", () => {
    const piece = fc.constantFrom(
      "data: a",
      "data:b",
      "data",
      ": c",
      "id: 7",
      "event: e",
      "x",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat({ max: 200 })), (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(""));
        const places = [...new Set([0, ...cuts.filter((cut) => cut < whole.length), whole.length])].sort(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((to, i) => whole.subarray(places[i], to));
        const events = split(chunks);
        expect(Buffer.concat(events.map(({ bytes }) => bytes))).toEqual(whole);
        const read = events.flatMap(({ data }) => (data ? [data.toString()] : []));
        expect(read).toEqual(byTheBook(whole.toString()));
      }),
      { numRuns: 500 },
    );
  });

  it("gives a comment at once, and marks events that can be taken up again", () => {
    const events: RawEvent[] = [];
    const splitter = new EventSplitter((event) => events.push(event), 1000);
    splitter.push(Buffer.from(": keep-alive\n"));
    expect(events.map(({ bytes }) => bytes.toString())).toEqual([": keep-alive\n"]);
    splitter.push(Buffer.from("id: 3\ndata: x\n\ndata: y\n\n"));
    expect(events.map(({ hasId }) => hasId)).toEqual([false, true, false]);
  });

  it("refuses an event that never ends", () => {
    expect(() => split([Buffer.from(`data: ${"x".repeat(200)}`)], 100)).toThrow("too large");
  });
});

describe("a message as an event", () => {
  it("stays one message, whatever breaks its lines", () => {
    const text = '{"a":1,\r\n "b":\r2,\n"c":3}\n';
    expect(dataOf(messageEvent(Buffer.from(text)).toString())).toEqual(['{"a":1,\n "b":\n2,\n"c":3}']);
    expect(messageEvent(Buffer.from("{}\n")).toString()).toBe("event: message\ndata: {}\n\n");
  });
});
