import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, LineSplitter } from "@/agent/src/framing";
import { SseParser } from "@/agent/src/sse";

function split(chunks: readonly (string | Buffer)[], maxBytes?: number): Frame[] {
  const frames: Frame[] = [];
  const splitter = new LineSplitter((frame) => frames.push(frame), maxBytes);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return frames;
}

describe("lines", () => {
  it("are the same however the bytes arrive, and lose nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat(50)), (texts, cuts) => {
        const all = Buffer.from(texts.map((text) => text.replaceAll("\n", "")).join("\n"));
        const chunks: Buffer[] = [];
        let from = 0;
        for (const cut of cuts) {
          chunks.push(all.subarray(from, from + cut));
          from += cut;
        }
        chunks.push(all.subarray(from));
        const frames = split(chunks);
        expect(Buffer.concat(frames.map((frame) => frame.bytes))).toEqual(all);
        expect(frames).toEqual(split([all]));
      }),
    );
  });

  it("keep their terminator in the bytes, and only one CR before it counts as part of it", () => {
    const frames = split(["a\r\nb\n\rc\r\r\nd"]);
    expect(frames.map((frame) => frame.text)).toEqual(["a", "b", "\rc\r", "d"]);
    expect(frames.map((frame) => frame.bytes.toString())).toEqual(["a\r\n", "b\n", "\rc\r\r\n", "d"]);
  });

  it("that are not UTF-8 have no text; a byte order mark stays in it", () => {
    const frames = split([Buffer.from([0x61, 0xff, 0x0a]), "\ufeffx\n"]);
    expect(frames.map(({ text, problem }) => [text, problem])).toEqual([
      [null, "encoding"],
      ["\ufeffx", undefined],
    ]);
  });

  it("over the limit are told once and dropped whole; the next one is read", () => {
    const frames = split(["12345", "6789", "0\nok\n", "123456\n", "fine"], 5);
    expect(frames.map(({ text, problem }) => problem ?? text)).toEqual([
      "too_long",
      "ok",
      "too_long",
      "fine",
    ]);
  });
});

describe("server-sent events", () => {
  it("are read from pieces, with comments and several data lines", () => {
    const text = ": hi\n\nevent: a\ndata: 1\ndata:2\r\n\r\ndata: \u00e9\n\nevent: b\n\ndata: tail";
    const whole = new SseParser().push(Buffer.from(text));
    expect(whole).toEqual([
      { event: "a", data: "1\n2" },
      { event: "message", data: "\u00e9" },
    ]);
    const parser = new SseParser();
    const pieces = [...Buffer.from(text)].flatMap((byte) => parser.push(Buffer.from([byte])));
    expect(pieces).toEqual(whole);
  });

  it("have a limit", () => {
    const parser = new SseParser(100);
    expect(() => parser.push(Buffer.from(`data: ${"x".repeat(200)}`))).toThrow("too large");
    const other = new SseParser(100);
    expect(() => {
      for (let i = 0; i < 50; i++) other.push(Buffer.from("data: xxxxx\n"));
    }).toThrow("too large");
  });
});
