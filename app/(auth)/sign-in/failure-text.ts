const TEXTS: Record<string, string> = {
  unauthenticated: "E-mail address and password do not fit together.",
  rate_limited: "Too many attempts. Wait a quarter of an hour, then try again.",
  unavailable: "Signing in is not possible at the moment. Try again shortly.",
  account_conflict:
    "This e-mail address already belongs to an account here. Sign in with its password, or ask an owner.",
  account_invalid: "The provider gave no verified e-mail address for you.",
  account_forbidden: "This account may not sign in. Ask an owner.",
  AccessDenied: "The provider did not let you in.",
  OAuthCallbackError: "The provider did not let you in.",
};

/** Our own words for a code in the address; what else stands there is never shown. Null: nothing went wrong. */
export function failureText(code: unknown): string | null {
  if (code === undefined) return null;
  const known = typeof code === "string" && Object.hasOwn(TEXTS, code) ? TEXTS[code] : undefined;
  return known ?? "Signing in did not come through. Try again.";
}
