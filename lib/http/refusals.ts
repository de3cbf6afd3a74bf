import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import type { Context } from "@/lib/core/context";
import { systemContext } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { log } from "@/lib/core/log";
import { record } from "@/lib/core/record";
import { clientIp } from "./client-ip";

/**
 * Refusals that no verb saw (nobody signed in, bad origin, body unreadable). Anonymous ones are recorded aggregated:
 * the first of a source, path and minute writes an entry, later ones only count (decision 16).
 */
export async function noteRefusal(
  context: Context | null,
  request: Request,
  error: unknown,
  httpRequestId: string,
) {
  if (!(error instanceof AppError) || error.code === "unavailable" || error.code === "internal") return;
  if (context && context.type !== "anonymous") return;
  const ip = clientIp(request.headers) ?? "unknown";
  const path = new URL(request.url).pathname.slice(0, 200);
  try {
    await db().transaction(async (tx) => {
      const { rows } = await tx.execute<{ count: number }>(sql`
        insert into throttles (key, "window", count) values (${`refused:${ip}:${error.code}`}, date_trunc('minute', now()), 1)
        on conflict (key, "window") do update set count = throttles.count + 1 returning count`);
      const count = rows[0]?.count ?? 1;
      // 1, 10, 100 … so that a flood is visible without filling the trail
      if (!/^10*$/.test(String(count))) return;
      const anonymous = {
        ...systemContext("anonymous", httpRequestId),
        type: "anonymous" as const,
        id: `ip:${ip}`,
        ip,
      };
      await record(tx, anonymous, "access.refuse", {
        subject: { type: "path", id: path, name: path },
        outcome: "refused",
        reason: error.message,
        detail: { code: error.code, path, count },
      });
    });
  } catch (failure) {
    log.error("an anonymous refusal could not be recorded", { httpRequestId, error: failure });
  }
}
