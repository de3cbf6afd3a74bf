import { z } from "zod";
import { command } from "@/lib/core/command";

/** Records that somebody was not let in. What was typed is not recorded: it may be a password in the wrong field. */
export const refuseSignIn = command({
  permission: "anonymous",
  action: "session.refuse",
  input: z.object({
    provider: z.enum(["password", "oidc"]),
    account: z.object({ id: z.string(), name: z.string() }).nullable(),
    reason: z.string(),
    count: z.int().optional(),
  }),
  run: async ({ input: { provider, account, reason, count } }) => ({
    result: { ok: true as const },
    entries: [
      {
        action: "session.refuse",
        subject: account
          ? { type: "user", id: account.id, name: account.name }
          : { type: "user", id: "unknown", name: "unknown account" },
        outcome: "refused",
        reason,
        detail: { provider, count },
      },
    ],
  }),
});
