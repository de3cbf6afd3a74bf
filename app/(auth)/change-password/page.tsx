import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { signedIn } from "@/lib/auth/current-context";
import { ChangePasswordForm } from "./change-password-form";

export const metadata: Metadata = { title: "Change password" };

export default async function ChangePasswordPage() {
  const person = await signedIn();
  if (!person) redirect("/sign-in?callbackUrl=%2Fchange-password");
  return <ChangePasswordForm email={person.email} oneTime={person.mustChangePassword} />;
}
