import { env } from "@/lib/core/env";
import { AppError } from "@/lib/core/errors";

/**
 * Every change that rides on a cookie must come from our own pages: the Origin header must be AUTH_URL's.
 * Bearer tokens need no such check, since no browser adds them by itself.
 */
export function checkOrigin(request: Request): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const origin = request.headers.get("origin");
  if (origin === new URL(env().authUrl).origin) return;
  throw new AppError("bad_origin", "This change did not come from the console's own pages.");
}
