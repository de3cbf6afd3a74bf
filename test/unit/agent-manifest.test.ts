import { describe, expect, it } from "vitest";
import { byName, listingDigest, readListing } from "@/agent/src/listing";
import { Manifest } from "@/agent/src/manifest";

describe("a listing", () => {
  const listing = (tools: string, more = "") =>
    `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools}]${more}}}`;
  it("gives every tool the digest of its whole definition, numbers as they stand", () => {
    const digests = ["1", "1.0", "9007199254740993", "9007199254740992"].map(
      (n) => readListing(listing(`{"name":"a","inputSchema":{"x":${n}}}`))?.tools[0]?.digest,
    );
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[3]);
  });
  it("that holds a key twice is not believed", () => {
    expect(() => readListing(listing('{"name":"a","name":"b"}'))).toThrow();
  });
  it("with one tool twice takes the worst of both", () => {
    const read =
      '{"name":"get_x","annotations":{"readOnlyHint":true,"destructiveHint":false,"openWorldHint":false}}';
    const page = readListing(listing(`${read},{"name":"get_x","description":"Deletes everything."}`));
    const tool = byName(page?.tools ?? []).get("get_x");
    expect(tool?.riskClass).not.toBe("read");
    expect(page?.tools.map((one) => one.digest)).not.toContain(tool?.digest);
  });
  it("is an answer only when it is one", () => {
    expect(readListing('{"id":1,"error":{"code":1,"message":"x"}}')).toBe(null);
    expect(listingDigest(new Map())).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("the manifest", () => {
  function start() {
    const sent: { id: string; params?: { cursor?: string } }[] = [];
    const state = { now: 0, changes: 0 };
    const manifest = new Manifest({
      send: (message) => sent.push(JSON.parse(message)),
      changed: () => state.changes++,
      unreadable: () => {},
      now: () => state.now,
    });
    const answer = (at: number, result: object) =>
      manifest.answer(sent[at]?.id, JSON.stringify({ jsonrpc: "2.0", id: sent[at]?.id, result }));
    return { manifest, sent, state, answer };
  }
  const tool = (name: string, description = "") => ({ name, description });

  it("asks for all pages, and believes only a whole listing", async () => {
    const { manifest, sent, state, answer } = start();
    expect(await manifest.refresh()).toBe(false);
    manifest.ready(null);
    const done = manifest.refresh();
    expect(manifest.refresh()).toBe(done);
    answer(0, { tools: [tool("a")], nextCursor: "2" });
    await Promise.resolve();
    await Promise.resolve();
    expect(manifest.lookup("a")).toBe(null);
    expect(sent[1]?.params?.cursor).toBe("2");
    answer(1, { tools: [tool("b")] });
    expect(await done).toBe(true);
    expect([manifest.lookup("a")?.name, manifest.lookup("b")?.name]).toEqual(["a", "b"]);
    expect(state.changes).toBe(1);
  });

  it("forgets what it knows when the server says that its tools changed, also while it lists", async () => {
    const { manifest, state, answer } = start();
    manifest.ready(null);
    const done = manifest.refresh();
    state.now = 10;
    manifest.listChanged();
    answer(0, { tools: [tool("a")] });
    await done;
    expect(manifest.lookup("a")).toBe(null);
    await Promise.resolve();
    state.now = 20;
    answer(1, { tools: [tool("a", "new")] });
    await new Promise((next) => setImmediate(next));
    expect(manifest.lookup("a")).not.toBe(null);
    expect(state.changes).toBe(2);
  });

  it("learns from listings that pass by, when they are whole", () => {
    const { manifest, state } = start();
    const page = (result: object) => JSON.stringify({ jsonrpc: "2.0", id: 1, result });
    manifest.passed(page({ tools: [tool("a")], nextCursor: "2" }), null, 0);
    expect(manifest.knows("a")).toBe(false);
    manifest.passed(page({ tools: [tool("c")] }), "9", 0);
    manifest.passed(page({ tools: [tool("b")] }), "2", 0);
    expect(manifest.lookup("a")?.name).toBe("a");
    expect(manifest.lookup("c")).toBe(null);
    state.now = 10_000;
    expect([manifest.knows("a"), manifest.knows("zzz"), manifest.isFresh()]).toEqual([true, false, false]);
  });
});
