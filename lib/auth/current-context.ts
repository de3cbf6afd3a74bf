import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { newId } from "@/lib/core/ids";
import { resolveSession, type SignedIn } from "./resolve-context";

/** Set by proxy.ts, over whatever the client sent: path and query of the page. */
export const PATH_HEADER = "x-assentry-path";

/** For server components: who is signed in, asked once per rendered page. Null: nobody. */
export const currentContext = cache(
  async (): Promise<SignedIn | null> => resolveSession(new Headers(await headers()), newId("http")),
);

/**
 * For server components: the person, or a redirect to sign in and come back here. Somebody with a one-time password
 * is sent to change it first. The role may be null; verbs check it.
 */
export async function requireUser(): Promise<SignedIn> {
  const person = await currentContext();
  if (!person) {
    const path = (await headers()).get(PATH_HEADER);
    redirect(path && path !== "/" ? `/sign-in?callbackUrl=${encodeURIComponent(path)}` : "/sign-in");
  }
  if (person.mustChangePassword) redirect("/change-password");
  return person;
}
