import { onHint } from "@/db/listen";
import { resolveContext } from "@/lib/auth/resolve-context";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { sseResponse } from "@/lib/http/open-streams";
import { noteRefusal } from "@/lib/http/refusals";
import { errorResponse } from "@/lib/http/respond";
import { hears } from "@/lib/requests/hears";

export const dynamic = "force-dynamic";

const KEEP_ALIVE_MS = 15_000;
/** A session that ran out stops hearing hints within this; one that was revoked, at once. */
const RECHECK_MS = 60_000;

/** Hints for the browser: ids and states only, so that it knows what to fetch again. */
export async function GET(request: Request) {
  const httpRequestId = newId("http");
  try {
    const context = await resolveContext(request, httpRequestId);
    if (context.role === null) throw new AppError("unauthenticated", "Sign in first.");
    const stops: (() => void)[] = [];
    return sseResponse(
      request,
      httpRequestId,
      (sse) => {
        const recheck = () => {
          resolveContext(request, httpRequestId).then(
            (now) => now.role !== context.role && sse.close(),
            () => sse.close(),
          );
        };
        sse.send("ready", { at: new Date().toISOString() });
        stops.push(
          onHint((hint) => {
            if (hint.t === "access") recheck();
            else
              hears(context, hint).then(
                (may) => may && sse.send("hint", hint),
                () => sse.close(),
              );
          }),
        );
        const alive = setInterval(() => sse.comment("keep"), KEEP_ALIVE_MS);
        const again = setInterval(recheck, RECHECK_MS);
        stops.push(
          () => clearInterval(alive),
          () => clearInterval(again),
        );
      },
      () => {
        for (const stop of stops.splice(0)) stop();
      },
    );
  } catch (error) {
    await noteRefusal(null, request, error, httpRequestId);
    return errorResponse(error, httpRequestId);
  }
}
