import { eq } from "drizzle-orm";
import { servers } from "@/db/schema/servers";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { advanceBundles, notify } from "@/lib/core/installation";
import { setModeInput } from "./schemas";

const LONGEST_DAYS = 90;

/** Enforce, or observe with a reason and an end (decision 6). Observing forwards everything: it is loud everywhere. */
export const setMode = command({
  permission: "servers.manage",
  action: "server.mode",
  input: setModeInput,
  subject: (input) => ({ subject: { type: "server", id: input.id, name: input.id }, serverId: input.id }),
  async run({ tx, input }) {
    const [before] = await tx.select().from(servers).where(eq(servers.id, input.id));
    if (!before) throw new AppError("not_found", "There is no such server.");
    let until: Date | null = null;
    if (input.mode === "observe") {
      if (!input.reason || !input.until) {
        throw new AppError("invalid", "Observing needs a reason and an end date.", {
          issues: [{ path: input.reason ? "until" : "reason", message: "required to observe" }],
        });
      }
      until = new Date(input.until);
      if (until.getTime() <= Date.now() || until.getTime() > Date.now() + LONGEST_DAYS * 86_400_000) {
        throw new AppError("invalid", `The end must lie within the next ${LONGEST_DAYS} days.`, {
          issues: [{ path: "until", message: "out of range" }],
        });
      }
    }
    await tx
      .update(servers)
      .set({ mode: input.mode, observeReason: until ? (input.reason ?? null) : null, observeUntil: until })
      .where(eq(servers.id, input.id));
    await advanceBundles(tx);
    await notify(tx, { t: "servers" });
    return {
      result: { id: input.id, mode: input.mode },
      entries: [
        {
          action: "server.mode",
          subject: { type: "server", id: before.id, name: before.name },
          serverId: before.id,
          reason: input.reason ?? null,
          detail: { before: before.mode, after: input.mode, until: until?.toISOString() ?? null },
        },
      ],
    };
  },
});
