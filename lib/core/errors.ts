/** Every failure a caller may see. `code` is stable; scripts rely on it. Browser-safe. */
export const STATUS = {
  malformed: 400,
  unauthenticated: 401,
  clock_skew: 401,
  forbidden: 403,
  bad_origin: 403,
  not_found: 404,
  conflict: 409,
  already_decided: 409,
  expired: 409,
  invalidated: 409,
  stale_version: 409,
  stale_bundle: 409,
  sequence: 409,
  not_claimable: 409,
  token_used: 409,
  too_large: 413,
  invalid: 422,
  digest_mismatch: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ErrorCode = keyof typeof STATUS;

export interface Issue {
  path: string;
  message: string;
}

export class AppError extends Error {
  readonly issues?: Issue[];
  readonly details?: Record<string, unknown>;
  constructor(
    readonly code: ErrorCode,
    message: string,
    extra: { issues?: Issue[]; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause });
    this.name = "AppError";
    this.issues = extra.issues;
    this.details = extra.details;
  }
  get status(): number {
    return STATUS[this.code];
  }
}

export interface ErrorBody {
  error: {
    code: string;
    message: string;
    issues?: Issue[];
    details?: Record<string, unknown>;
    requestId: string;
  };
}

interface ZodLike {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}

/** zod's issues as `rules[3].when: …` */
export function toIssues(error: ZodLike): Issue[] {
  return error.issues.slice(0, 50).map((issue) => ({
    path: issue.path.reduce<string>(
      (path, part) =>
        typeof part === "number" ? `${path}[${part}]` : path ? `${path}.${String(part)}` : String(part),
      "",
    ),
    message: issue.message,
  }));
}
