import { describe, expect, it } from "vitest";
import { keysOf } from "@/components/live/hints";
import { readFilters, toInput } from "@/components/requests/filters";
import { stagesOf } from "@/components/requests/stages";
import { standingIn } from "@/components/requests/standing";
import { AppError } from "@/lib/core/errors";

type Seen = Parameters<typeof stagesOf>[0];
const at = "2026-01-01T00:00:00.000Z";
const none = { recordedAt: null, releasedAt: null, finishedAt: null, durationMs: null };
const decision = (verdict: "approve" | "deny", logIndex: number | null): Seen["decision"] => ({
  verdict,
  by: { type: "person", id: "usr_1", name: "Ada" },
  at,
  reason: null,
  logIndex,
});
const seen = (part: Partial<Seen>): Seen => ({
  state: "pending",
  decision: null,
  stages: none,
  createdAt: at,
  outcome: null,
  ...part,
});
const labels = (given: Seen, sending = false) =>
  stagesOf(given, sending).map((stage) => `${stage.label} [${stage.state}]`);

describe("the stages of a call", () => {
  it("claim nothing before the console said so", () => {
    expect(labels(seen({}))).toEqual([
      "waiting [now]",
      "recorded [todo]",
      "released [todo]",
      "executed [todo]",
    ]);
    expect(labels(seen({}), true)).toEqual([
      "waiting [done]",
      "sending… [now]",
      "recorded [todo]",
      "released [todo]",
      "executed [todo]",
    ]);
  });

  it("show a recorded approval as not yet claimed, with its place in the log once it has one", () => {
    expect(labels(seen({ state: "approved", decision: decision("approve", null) }))).toEqual([
      "waiting [done]",
      "approval recorded [done]",
      "the agent has not claimed it yet [now]",
      "executed [todo]",
    ]);
    expect(labels(seen({ state: "approved", decision: decision("approve", 1842) }))[1]).toBe(
      "approval recorded #1,842 [done]",
    );
  });

  it("tell a released call from one that ended, and how it ended", () => {
    const stages = { ...none, recordedAt: at, releasedAt: at };
    const released = { decision: decision("approve", 7), stages };
    expect(labels(seen({ ...released, state: "released" })).at(-1)).toBe("running… [now]");
    expect(labels(seen({ ...released, state: "executed" })).at(-1)).toBe("executed [done]");
    expect(labels(seen({ ...released, state: "failed" })).at(-1)).toBe("executed with an error [bad]");
    expect(labels(seen({ ...released, state: "outcome_unknown" })).at(-1)).toBe("outcome unknown [warn]");
    expect(labels(seen({ ...released, state: "refused_by_agent" })).at(-1)).toContain("not sent [bad]");
  });

  it("never show a decision that nobody made", () => {
    expect(labels(seen({ state: "expired" }))).toEqual(["waiting [done]", "expired, not sent [warn]"]);
    expect(labels(seen({ state: "denied", decision: decision("deny", 3) }))).toEqual([
      "waiting [done]",
      "denial recorded #3 [done]",
      "refused, not sent [done]",
    ]);
  });
});

describe("a decision that came too late", () => {
  it("is found in the conflict, and only there", () => {
    const standing = decision("approve", 9);
    const late = new AppError("already_decided", "Already approved.", { details: { decision: standing } });
    expect(standingIn(late)).toEqual(standing);
    expect(standingIn(new AppError("expired", "Too late.", { details: { state: "expired" } }))).toBeNull();
    expect(
      standingIn(new AppError("forbidden", "Not yours.", { details: { decision: standing } })),
    ).toBeNull();
    expect(standingIn(new Error("lost"))).toBeNull();
  });
});

describe("the inbox's view in the URL", () => {
  const from = (query: string) => {
    const params = new URLSearchParams(query);
    return readFilters((name) => params.get(name));
  };

  it("keeps known choices and drops the rest", () => {
    expect(from("")).toEqual({ tab: "waiting" });
    expect(from("tab=history&state=denied&tier=high&server=crm&evil=1")).toEqual({
      tab: "history",
      state: "denied",
      tier: "high",
      server: "crm",
    });
    expect(from("tab=nonsense&tier=huge&state=pending,denied")).toEqual({ tab: "waiting" });
  });

  it("asks the server for what it shows", () => {
    expect(toInput(from("state=denied"))).toMatchObject({ state: "waiting", mine: undefined });
    expect(toInput(from("tab=history"))).toMatchObject({ state: "history" });
    expect(toInput(from("tab=mine&state=denied"))).toMatchObject({ state: "denied", mine: "1" });
  });
});

describe("hints", () => {
  it("never make a list that is being read jump", () => {
    const hints = [
      { t: "request", id: "req_1", state: "pending", server: "srv_1" },
      { t: "audit" },
      { t: "resync" },
      { t: "servers" },
      { t: "bundle" },
    ] as const;
    const roots = hints.flatMap((hint) => keysOf(hint).map((key) => key[0]));
    expect(roots).not.toContain("requests");
    expect(roots).not.toContain("audit");
    expect(keysOf(hints[0])).toContainEqual(["request", "req_1"]);
  });
});
