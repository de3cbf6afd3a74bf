const NOWHERE = "http://console.invalid";

/** A path on this console, with query and fragment; "/" for anything that would lead elsewhere. Browser-safe. */
export function safePath(given: unknown): string {
  if (typeof given !== "string" || given.length > 2000 || !given.startsWith("/")) return "/";
  try {
    const url = new URL(given, NOWHERE);
    const path = `${url.pathname}${url.search}${url.hash}`;
    // "/.//evil.example" is a path to us and a host to the next reader
    return url.origin === NOWHERE && !/^\/[/\\]/.test(path) && !given.includes("\\") ? path : "/";
  } catch {
    return "/";
  }
}

/** Where to go after signing in: never back to the sign-in page, nor to something that is not a page. */
export function afterSignIn(given: unknown): string {
  const path = safePath(given);
  return /^\/(sign-in|api)(\/|\?|#|$)/.test(path) ? "/" : path;
}
