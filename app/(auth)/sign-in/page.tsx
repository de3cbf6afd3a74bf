import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { signedIn } from "@/lib/auth/current-context";
import { oidcSettings } from "@/lib/auth/oidc";
import { afterSignIn } from "@/lib/auth/safe-path";
import { failureText } from "./failure-text";
import { SignInForm } from "./sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function SignInPage({ searchParams }: Props) {
  const { callbackUrl, next, error } = await searchParams;
  const destination = afterSignIn(callbackUrl ?? next);
  if (await signedIn()) redirect(destination);
  return (
    <SignInForm
      destination={destination}
      provider={oidcSettings()?.name ?? null}
      failure={failureText(error)}
    />
  );
}
