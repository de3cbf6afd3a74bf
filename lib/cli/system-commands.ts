import { z } from "zod";
import { listAudit } from "@/lib/audit/list-audit";
import { listAuditInput } from "@/lib/audit/schemas";
import { verifyLog } from "@/lib/audit/verify-log";
import { command, parseInput } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { env } from "@/lib/core/env";
import { enrolServer } from "@/lib/servers/enrol-server";
import type { Options, Result } from "./result";
import { ensureReady, migrateNow } from "./schema-state";

const noteExport = command({
  permission: "audit.read",
  action: "audit.export",
  input: z.object({ filter: z.string() }),
  run: async ({ input: { filter } }) => ({
    result: null,
    entries: [
      {
        action: "audit.export",
        subject: { type: "audit", id: "trail", name: "audit trail" },
        detail: { filter, format: "jsonl" },
      },
    ],
  }),
});

export const systemCommands = {
  "agent enroll": async (context: Context, o: Options): Promise<Result> => {
    const made = await enrolServer(context, {
      server: String(o.server),
      owner: o.owner ? String(o.owner) : undefined,
    });
    const aside = `One-time enrolment token for ${made.server.name}, until ${made.expiresAt}:`;
    return { json: made, text: made.token, aside };
  },
  "audit verify": async (context: Context): Promise<Result> => {
    const found = await verifyLog(context, {});
    const text = found.ok ? `${found.size} entries verified` : found.problems.join("\n");
    return { json: found, text, failed: !found.ok };
  },
  /** Every entry as a line of its own, newest first, as it is read. */
  "audit export": async (context: Context, o: Options): Promise<null> => {
    const range = { from: o.from, to: o.to };
    await noteExport(context, { filter: JSON.stringify(range) });
    let cursor: string | undefined;
    do {
      const page = await listAudit(context, parseInput(listAuditInput, { ...range, limit: 200, cursor }));
      const lines = page.items.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      if (!process.stdout.write(lines)) await new Promise((resolve) => process.stdout.once("drain", resolve));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return null;
  },
  "db migrate": async (): Promise<Result> => {
    await migrateNow();
    await ensureReady();
    return { json: { ok: true }, text: "The schema is current." };
  },
  "db url": async (_: Context, o: Options): Promise<Result> => {
    const url = o.owner ? env().databaseOwnerUrl : env().databaseUrl;
    if (!url) throw new Error("DATABASE_OWNER_URL is not set.");
    return { json: { url }, text: url };
  },
};
