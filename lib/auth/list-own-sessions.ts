import { and, desc, eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { sessions } from "@/db/schema/auth";
import { query } from "@/lib/core/command";
import type { Page } from "@/lib/core/paging";
import { noInput, type SessionView } from "./schemas";

/** Where one is signed in at the moment, newest first. */
export const listOwnSessions = query({
  permission: "person",
  input: noInput,
  run: async ({ context }): Promise<Page<SessionView>> => {
    const own = context.type === "person" ? context.sessionHash : null;
    const rows = await db()
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, context.id), sql`${sessions.expires} > now()`))
      .orderBy(desc(sessions.createdAt))
      .limit(200);
    const items = rows.map((row) => ({
      id: row.tokenHash.slice(0, 32),
      current: row.tokenHash === own,
      createdAt: row.createdAt.toISOString(),
      lastSeenAt: row.lastSeenAt.toISOString(),
      expiresAt: row.expires.toISOString(),
      ip: row.ip,
      userAgent: row.userAgent,
    }));
    return { items, nextCursor: null };
  },
});
