import { eq } from "drizzle-orm";
import { z } from "zod";
import { sessions } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { notify } from "@/lib/core/installation";

/** Signs out: whoever holds the session's token ends that session. */
export const endSession = command({
  permission: "person",
  action: "session.revoke",
  input: z.object({ tokenHash: z.string() }),
  run: async ({ tx, context, input }) => {
    const gone = await tx.delete(sessions).where(eq(sessions.tokenHash, input.tokenHash)).returning();
    if (gone.length === 0) throw new AppError("conflict", "This session has already ended.");
    await notify(tx, { t: "access" });
    const subject = { type: "user", id: context.id, name: context.name };
    return {
      result: { ok: true as const },
      entries: [{ action: "session.revoke", subject, reason: "signed out", detail: { count: 1 } }],
    };
  },
});
