import { env } from "@/lib/core/env";

/** A working day; not prolonged by use. */
export const SESSION_SECONDS = 8 * 60 * 60;

export const secureCookies = (): boolean => env().authUrl.startsWith("https:");

/** `__Host-` binds the cookie to this very host and to https, where there is https. */
export const sessionCookieName = (): string =>
  secureCookies() ? "__Host-assentry.session" : "assentry.session";

/** The session token in a Cookie header; null when there is none, or two that disagree. */
export function readSessionCookie(headers: Headers): string | null {
  const name = sessionCookieName();
  const values = new Set<string>();
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) values.add(part.slice(at + 1).trim());
  }
  const [value] = values;
  return values.size === 1 && value && /^[0-9a-f]{64}$/.test(value) ? value : null;
}
