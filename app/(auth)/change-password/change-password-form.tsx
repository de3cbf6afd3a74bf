"use client";
import { type FormEvent, useState } from "react";
import { AppError } from "@/lib/core/errors";
import { api } from "@/lib/http/client";
import { signOut } from "@/lib/http/session-client";
import { PasswordField } from "../password-field";
import { useHydrated } from "../use-hydrated";

interface Props {
  email: string;
  /** somebody else chose the present password: it works for this page only */
  oneTime: boolean;
}

export function ChangePasswordForm({ email, oneTime }: Props) {
  const ready = useHydrated();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [current, password, again] = ["current", "password", "again"].map((name) =>
      String(fields.get(name)),
    );
    if (password !== again) return setProblem("The two new passwords differ.");
    setBusy(true);
    setProblem(null);
    try {
      await api.post("/me/password", { current, password });
      window.location.assign("/");
    } catch (error) {
      setBusy(false);
      if (!(error instanceof AppError)) throw error;
      setProblem(error.issues?.map((issue) => issue.message).join("; ") ?? error.message);
    }
  }

  return (
    <div className="panel px-5 py-6 sm:px-7">
      <h1 className="text-center">Choose your password</h1>
      <p className="mb-5 mt-1 text-center text-muted">
        {oneTime ? "The one you signed in with was for once only." : "Your other sessions will end."}
      </p>
      <p
        id="problem"
        role="alert"
        className={problem ? "mb-4 rounded-md bg-bad-weak px-3 py-2 text-bad" : undefined}
      >
        {problem}
      </p>
      <form method="post" onSubmit={submit} className="grid gap-4" aria-describedby="problem">
        <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
        <PasswordField id="current" name="current" label="Present password" autoComplete="current-password" />
        <PasswordField
          id="password"
          name="password"
          label="New password"
          autoComplete="new-password"
          minLength={10}
          maxLength={200}
        />
        <PasswordField
          id="again"
          name="again"
          label="New password, again"
          autoComplete="new-password"
          minLength={10}
          maxLength={200}
        />
        <p className="text-sm text-muted">At least 10 characters. Long is better than odd.</p>
        <button type="submit" className="btn pri min-h-10" disabled={!ready || busy}>
          {busy ? "Changing…" : "Change password"}
        </button>
        <button
          type="button"
          className="btn quiet min-h-10"
          onClick={() => void signOut()}
          disabled={!ready || busy}
        >
          Sign out
        </button>
      </form>
    </div>
  );
}
