import { onHint } from "@/db/listen";
import { resolveContext } from "@/lib/auth/resolve-context";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { sseResponse } from "@/lib/http/open-streams";
import { errorResponse } from "@/lib/http/respond";

export const dynamic = "force-dynamic";

const KEEP_ALIVE_MS = 15_000;
/** The session is looked at again this often: a revoked one stops hearing hints. */
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
        sse.send("ready", { at: new Date().toISOString() });
        stops.push(onHint((hint) => sse.send("hint", hint)));
        const alive = setInterval(() => sse.comment("keep"), KEEP_ALIVE_MS);
        const recheck = setInterval(() => {
          resolveContext(request, httpRequestId).then(
            (now) => now.role === null && sse.close(),
            () => sse.close(),
          );
        }, RECHECK_MS);
        stops.push(
          () => clearInterval(alive),
          () => clearInterval(recheck),
        );
      },
      () => {
        for (const stop of stops) stop();
      },
    );
  } catch (error) {
    return errorResponse(error, httpRequestId);
  }
}
