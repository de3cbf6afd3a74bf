import { isDatabaseAway } from "@/db/client";
import { AppError, type ErrorBody } from "@/lib/core/errors";
import { log } from "@/lib/core/log";

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function json(
  body: unknown,
  status: number,
  httpRequestId: string,
  extra: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-request-id": httpRequestId,
      ...HEADERS,
      ...extra,
    },
  });
}

/** The one place where errors become responses: an unknown error says nothing but its request id. */
export function errorResponse(error: unknown, httpRequestId: string): Response {
  let known = error instanceof AppError ? error : null;
  if (!known && isDatabaseAway(error)) {
    known = new AppError("unavailable", "The database cannot be reached; nothing was changed.");
  }
  if (!known) {
    log.error("unexpected error", {
      httpRequestId,
      error: error instanceof Error ? error : new Error(typeof error),
    });
    known = new AppError("internal", "Something went wrong on our side. Quote the request id.");
  }
  const body: ErrorBody = {
    error: {
      code: known.code,
      message: known.message,
      ...(known.issues ? { issues: known.issues } : {}),
      ...(known.details ? { details: known.details } : {}),
      requestId: httpRequestId,
    },
  };
  const retry: Record<string, string> = known.status === 503 ? { "retry-after": "2" } : {};
  return json(body, known.status, httpRequestId, retry);
}

export const MAX_BODY_BYTES = 4_000_000;

/** So much more is read and dropped: answered in the middle of its own sending, a client sees a reset, not the 413. */
const DRAINED_BYTES = 16_000_000;

/** Reads the body with a limit, and as valid UTF-8 only. Throws `too_large` or `malformed`. */
export async function readBody(request: Request, limit = MAX_BODY_BYTES): Promise<Buffer> {
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size <= limit) chunks.push(chunk);
    else if (size > limit + DRAINED_BYTES) break;
  }
  if (size > limit) throw new AppError("too_large", `The body may have at most ${limit} bytes.`);
  return Buffer.concat(chunks);
}

/** Postgres keeps no U+0000. People are told; an agent reports names that others chose, and must get them through. */
function withoutNull(value: unknown, nulls: "refuse" | "replace"): unknown {
  if (typeof value === "string" && value.includes("\0")) {
    if (nulls === "refuse") throw new AppError("malformed", "U+0000 is not taken.");
    return value.replaceAll("\0", "\uFFFD");
  }
  if (Array.isArray(value)) return value.map((item) => withoutNull(item, nulls));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [withoutNull(key, nulls) as string, withoutNull(item, nulls)]),
  );
}

export function parseJson(body: Buffer, nulls: "refuse" | "replace" = "refuse"): unknown {
  if (body.length === 0) return {};
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    parsed = JSON.parse(text);
  } catch {
    throw new AppError("malformed", "The body is not valid JSON in UTF-8.");
  }
  // JSON holds the character only by this escape
  if (!text.includes("\\u0000")) return parsed;
  try {
    return withoutNull(parsed, nulls);
  } catch (error) {
    if (error instanceof RangeError) throw new AppError("malformed", "The body is nested too deeply.");
    throw error;
  }
}
