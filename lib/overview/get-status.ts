import { sql } from "drizzle-orm";
import { z } from "zod";
import { db } from "@/db/client";
import { logState } from "@/lib/audit/sequencer";
import { query } from "@/lib/core/command";
import { readInstallation } from "@/lib/core/installation";
import { allows, PERMISSIONS } from "@/lib/core/permissions";
import { listRequests } from "@/lib/requests/list-requests";
import type { StatusView } from "./schemas";

/** What the shell shows on every page: what waits, who I am, which rules of the house are in force. */
export const getStatus = query({
  permission: "requests.read",
  input: z.object({}),
  async run({ context }): Promise<StatusView> {
    const inst = await readInstallation();
    const { rows } = await db().execute<{ n: number }>(
      // a member hears of the servers they own, as in the inventory
      sql`select count(*)::int as n from servers
        where archived_at is null and (${context.role !== "member"} or owner_id = ${context.id})`,
    );
    const { waiting } = await listRequests(context, { limit: 1, state: "waiting" });
    return {
      waiting,
      servers: rows[0]?.n ?? 0,
      posture: inst.posture as StatusView["posture"],
      demo: inst.demo,
      policyVersion: inst.policyVersion,
      logSize: (await logState()).size,
      me: {
        id: context.id,
        name: context.name,
        email: context.type === "person" ? context.email : null,
        role: context.role,
        permissions: PERMISSIONS.filter((permission) => allows(context.role, permission)),
      },
    };
  },
});
