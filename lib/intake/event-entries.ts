import type { AgentEvent } from "@/agent/contract/v1";
import type { Action } from "@/lib/core/actions";

interface EventEntry {
  action: Action;
  subjectType: string;
  subjectId: string;
  subjectName: string;
  outcome: "success" | "refused" | "failed";
  reason?: string | null;
  correlation?: string | null;
  requestId?: string | null;
  detail: Record<string, unknown>;
}

const callSubject = (event: { call: string; tool?: string | null; method?: string | null }) => ({
  subjectType: "call",
  subjectId: event.call,
  subjectName: event.tool ?? event.method ?? "call",
  correlation: event.call,
});

interface Listing {
  added: number;
  changed: number;
  gone: number;
  tools: number;
}

/** What an agent's event becomes in the trail. Pure. */
export function entryOfEvent(event: AgentEvent, listing: Listing | null): EventEntry {
  switch (event.type) {
    case "session.opened":
      return {
        action: "mcp-session.open",
        subjectType: "session",
        subjectId: event.session,
        subjectName: event.client?.name ?? "client",
        outcome: "success",
        detail: {
          client: event.client ? `${event.client.name} ${event.client.version}` : null,
          protocolVersion: event.client?.protocolVersion ?? null,
        },
      };
    case "session.closed":
      return {
        action: "mcp-session.close",
        subjectType: "session",
        subjectId: event.session,
        subjectName: "client",
        outcome: "success",
        detail: {},
      };
    case "call.allowed":
      return {
        action: "call.allow",
        ...callSubject(event),
        outcome: "success",
        detail: {
          method: event.method,
          tool: event.tool,
          rule: event.rule,
          policyVersion: event.policyVersion,
          flagged: event.flagged,
          fingerprint: event.fingerprint,
        },
      };
    case "call.observed":
      return {
        action: "call.observe",
        ...callSubject(event),
        outcome: "success",
        detail: {
          method: event.method,
          tool: event.tool,
          rule: event.rule,
          policyVersion: event.policyVersion,
          wouldBe: event.wouldBe,
          fingerprint: event.fingerprint,
        },
      };
    case "call.refused":
      return {
        action: "call.refuse",
        ...callSubject(event),
        outcome: "refused",
        reason: event.detail,
        requestId: event.request,
        detail: {
          code: event.code,
          method: event.method,
          tool: event.tool,
          detail: event.detail,
          rule: event.rule,
          policyVersion: event.policyVersion,
        },
      };
    case "call.released":
      return {
        action: "call.release",
        ...callSubject(event),
        outcome: "success",
        requestId: event.request,
        detail: { request: event.request },
      };
    case "call.finished":
      return {
        action: "call.finish",
        ...callSubject(event),
        outcome: event.outcome === "executed" ? "success" : "failed",
        requestId: event.request,
        detail: {
          outcome: event.outcome,
          durationMs: event.durationMs,
          request: event.request,
          fingerprint: event.resultFingerprint,
        },
      };
    case "server.listed":
      return {
        action: "server.list",
        subjectType: "server",
        subjectId: event.serverInfo?.name ?? "server",
        subjectName: event.serverInfo ? `${event.serverInfo.name} ${event.serverInfo.version}` : "server",
        outcome: "success",
        detail: { ...(listing ?? { added: 0, changed: 0, gone: 0, tools: event.tools.length }) },
      };
    case "agent.alarm":
      return {
        action: "agent.alarm",
        subjectType: "agent",
        subjectId: event.code,
        subjectName: event.code,
        outcome: "failed",
        reason: event.detail,
        detail: { code: event.code, detail: event.detail },
      };
  }
}
