import { and, desc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { REQUEST_STATES, type RequestState, type RiskClass, type Tier } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import { auditLeaves } from "@/db/schema/audit";
import { identities } from "@/db/schema/identities";
import { decisions, requests } from "@/db/schema/requests";
import { agents, servers } from "@/db/schema/servers";
import { query } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { decodeCursor, encodeCursor } from "@/lib/core/paging";
import { listRequestsInput, type RequestPage, type RequestSummary } from "./schemas";
import { presentDecision } from "./standing-decision";

const ENDED = REQUEST_STATES.filter((state) => state !== "pending");
const GROUPS: Record<string, readonly RequestState[]> = {
  waiting: ["pending"],
  open: ["pending", "approved", "released"],
  history: ENDED,
};

/** Microseconds survive the cursor: Postgres keeps them, a JavaScript date does not. */
const exactCreated = sql<string>`to_char(${requests.createdAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

function statesOf(text: string): RequestState[] {
  return text.split(",").flatMap((word) => {
    const group = GROUPS[word];
    if (group) return group;
    if ((REQUEST_STATES as readonly string[]).includes(word)) return [word as RequestState];
    throw new AppError("malformed", "No such state.", {
      issues: [{ path: "state", message: `"${word}" is not a state` }],
    });
  });
}

/** Members see the requests of servers and agents they own; everybody else who may read sees all. */
export function visibleTo(context: Context): SQL | undefined {
  if (context.type === "person" && context.role === "member") {
    return sql`(${servers.ownerId} = ${context.id} or ${agents.ownerId} = ${context.id})`;
  }
  if (context.type === "token" && context.role === "member") return sql`false`;
  return undefined;
}

export const summaryColumns = {
  request: requests,
  exactCreated,
  serverName: servers.name,
  identity: { id: identities.id, name: identities.name, kind: identities.kind },
  decision: decisions,
  logIndex: auditLeaves.index,
};

type Row = {
  request: typeof requests.$inferSelect;
  serverName: string;
  identity: { id: string; name: string; kind: string };
  decision: typeof decisions.$inferSelect | null;
  logIndex: number | null;
};

export function presentSummary({ request, serverName, identity, decision, logIndex }: Row): RequestSummary {
  return {
    id: request.id,
    state: request.state as RequestState,
    server: { id: request.serverId, name: serverName },
    tool: { name: request.toolName ?? request.method, digest: request.toolDigest },
    method: request.method,
    caller: identity,
    digest: request.digest,
    risk: {
      tier: request.tier as Tier,
      riskClass: request.riskClass as RiskClass,
      reasons: request.hold.reasons,
    },
    policy: { version: request.policyVersion, rule: request.hold.rule },
    createdAt: request.createdAt.toISOString(),
    expiresAt: request.expiresAt.toISOString(),
    approvalUntil: request.approvalUntil?.toISOString() ?? null,
    waiting: request.waiterGone === null && ["pending", "approved", "released"].includes(request.state),
    decision: decision ? presentDecision(decision, logIndex) : null,
  };
}

export const joined = () =>
  db()
    .select(summaryColumns)
    .from(requests)
    .innerJoin(servers, eq(servers.id, requests.serverId))
    .innerJoin(agents, eq(agents.id, requests.agentId))
    .innerJoin(identities, eq(identities.id, requests.identityId))
    .leftJoin(decisions, eq(decisions.requestId, requests.id))
    .leftJoin(auditLeaves, eq(auditLeaves.entryId, decisions.auditId))
    .$dynamic();

/** Held calls, newest first, by keyset on (created, id). `waiting` counts what waits for a decision, whatever the filter. */
export const listRequests = query({
  permission: "requests.read",
  input: listRequestsInput,
  async run({ context, input }): Promise<RequestPage> {
    const after = input.cursor ? decodeCursor(input.cursor) : null;
    if (input.cursor && !after) throw new AppError("malformed", "The cursor is not one of ours.");
    const mine =
      input.mine && (context.type === "person" || context.type === "token")
        ? sql`(${decisions.deciderId} = ${context.id} or ${agents.ownerId} = ${context.id} or ${servers.ownerId} = ${context.id})`
        : undefined;
    const filters = and(
      visibleTo(context),
      mine,
      input.state ? inArray(requests.state, statesOf(input.state)) : undefined,
      input.server
        ? sql`(${requests.serverId} = ${input.server} or ${servers.name} = ${input.server})`
        : undefined,
      input.caller
        ? sql`(${identities.id} = ${input.caller} or ${identities.name} = ${input.caller})`
        : undefined,
      input.tool ? eq(requests.toolName, input.tool) : undefined,
      input.tier ? eq(requests.tier, input.tier) : undefined,
      after
        ? sql`(${requests.createdAt}, ${requests.id}) < (${after.time}::timestamptz, ${after.id})`
        : undefined,
    );
    const rows = await joined()
      .where(filters)
      .orderBy(desc(requests.createdAt), desc(requests.id))
      .limit(input.limit + 1);
    const page = rows.slice(0, input.limit);
    const last = page.at(-1);
    const [waiting] = await db()
      .select({ n: sql<number>`count(*)::int` })
      .from(requests)
      .innerJoin(servers, eq(servers.id, requests.serverId))
      .innerJoin(agents, eq(agents.id, requests.agentId))
      .where(and(eq(requests.state, "pending"), visibleTo(context), isNull(servers.archivedAt)));
    return {
      items: page.map(presentSummary),
      nextCursor: rows.length > input.limit && last ? encodeCursor(last.exactCreated, last.request.id) : null,
      waiting: waiting?.n ?? 0,
    };
  },
});
