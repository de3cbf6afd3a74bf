import { AppError } from "@/lib/core/errors";

/** Signing in and out from the browser. Everything else goes through lib/http/client. */

async function post(path: string, fields: Record<string, string>): Promise<URL> {
  try {
    const asked = await fetch("/api/auth/csrf", { cache: "no-store" });
    const { csrfToken } = (await asked.json()) as { csrfToken: string };
    const response = await fetch(`/api/auth/${path}`, {
      method: "POST",
      headers: { "x-auth-return-redirect": "1" },
      body: new URLSearchParams({ ...fields, csrfToken }),
    });
    const { url } = (await response.json()) as { url: string };
    return new URL(url, window.location.origin);
  } catch (cause) {
    throw new AppError("unavailable", "The console cannot be reached.", { cause });
  }
}

/** What the sign-in page may say; see its texts. */
export type SignInFailure = "unauthenticated" | "rate_limited" | "unavailable";

const failures: Record<string, SignInFailure> = {
  unauthenticated: "unauthenticated",
  rate_limited: "rate_limited",
};

/** Null: signed in. Throws AppError `unavailable` when the console cannot be reached. */
export async function signIn(email: string, password: string): Promise<SignInFailure | null> {
  const { searchParams } = await post("callback/credentials", { email, password, callbackUrl: "/" });
  if (!searchParams.has("error")) return null;
  return failures[searchParams.get("code") ?? ""] ?? "unavailable";
}

/** Leaves for the OpenID provider; comes back to `callbackUrl`, a path. */
export async function signInElsewhere(callbackUrl: string): Promise<void> {
  window.location.assign(await post("signin/oidc", { callbackUrl }));
}

/** Ends this session, and shows the sign-in page. */
export async function signOut(): Promise<void> {
  await post("signout", { callbackUrl: "/sign-in" });
  window.location.assign("/sign-in");
}
