import { AppError, type ErrorBody, type ErrorCode, STATUS } from "@/lib/core/errors";

/**
 * The browser's way to /api/v1. The routes parse what they send by the same schemas, so that here they are types only:
 * shipping the parser to the phone that decides would double the page.
 */
let offset = 0;
/** Server clock minus this clock, in milliseconds, as of the last answer (whole seconds). */
export const serverOffset = () => offset;

function learnClock(response: Response, sentAt: number) {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date)) {
    const seen = date + 500 - (sentAt + Date.now()) / 2;
    offset = Math.abs(seen - offset) > 1500 ? seen : offset;
  }
}

const byStatus: Record<number, ErrorCode> = { 400: "malformed", 401: "unauthenticated", 403: "forbidden" };

function toError(status: number, body: unknown): AppError {
  const error = (body as Partial<ErrorBody> | null)?.error;
  if (error && typeof error.message === "string" && typeof error.code === "string") {
    const code = error.code in STATUS ? (error.code as ErrorCode) : (byStatus[status] ?? "internal");
    const details = { ...error.details, httpRequestId: error.requestId };
    return new AppError(code, error.message, { issues: error.issues, details });
  }
  const code =
    byStatus[status] ?? (status === 404 ? "not_found" : status >= 500 ? "unavailable" : "internal");
  return new AppError(code, `The console answered ${status} without saying why.`);
}

export type Query = Record<string, string | number | undefined | null>;

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      signal,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new AppError("unavailable", "The console cannot be reached.", { cause });
  }
  learnClock(response, sentAt);
  const given: unknown = await response.json().catch(() => null);
  if (!response.ok) throw toError(response.status, given);
  if (typeof given !== "object" || given === null) {
    throw new AppError("internal", "The console's answer could not be read.");
  }
  return given as T;
}

/** Every failure is an AppError, also a lost connection (`unavailable`). `path` is below /api/v1. */
export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    send<T>("GET", withQuery(path, query), undefined, signal),
  post: <T>(path: string, body: unknown = {}) => send<T>("POST", path, body),
  put: <T>(path: string, body: unknown) => send<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown) => send<T>("PATCH", path, body),
  delete: <T>(path: string) => send<T>("DELETE", path, {}),
};
