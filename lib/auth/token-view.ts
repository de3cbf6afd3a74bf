import { role } from "@/agent/contract/vocabulary";
import type { apiTokens } from "@/db/schema/auth";
import type { TokenView } from "./schemas";

/** Column by column: the hash stays behind. */
export function tokenView(row: typeof apiTokens.$inferSelect, creator: string | null): TokenView {
  return {
    id: row.id,
    name: row.name,
    role: role.parse(row.role),
    createdBy: row.createdBy === null ? null : { id: row.createdBy, name: creator ?? row.createdBy },
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}
