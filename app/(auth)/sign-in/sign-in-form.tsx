"use client";
import { KeyRound } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { signIn, signInElsewhere } from "@/lib/http/session-client";
import { PasswordField } from "../password-field";
import { useHydrated } from "../use-hydrated";
import { failureText } from "./failure-text";

interface Props {
  /** a path on this console */
  destination: string;
  /** what the OpenID provider is called; null: none is configured */
  provider: string | null;
  /** why the last attempt did not come through */
  failure: string | null;
}

export function SignInForm({ destination, provider, failure }: Props) {
  const ready = useHydrated();
  const [busy, setBusy] = useState<"password" | "provider" | null>(null);
  const [problem, setProblem] = useState(failure);
  const form = useRef<HTMLFormElement>(null);

  async function attempt(how: "password" | "provider", act: () => Promise<string | null>) {
    setBusy(how);
    setProblem(null);
    const code = await act().catch(() => "unavailable");
    if (code === null) return;
    setProblem(failureText(code));
    setBusy(null);
    form.current?.querySelector<HTMLInputElement>("#password")?.select();
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    void attempt("password", async () => {
      const code = await signIn(String(fields.get("email")), String(fields.get("password")));
      if (code === null) window.location.assign(destination);
      return code;
    });
  }

  const toProvider = () =>
    void attempt("provider", async () => {
      await signInElsewhere(destination);
      return null;
    });

  return (
    <div className="panel px-5 py-6 sm:px-7">
      <h1 className="text-center">Sign in to Assentry</h1>
      <p className="mb-5 mt-1 text-center text-muted">
        {destination === "/" ? "With your account on this console." : "You will come back to where you were."}
      </p>
      <p
        id="problem"
        role="alert"
        className={problem ? "mb-4 rounded-md bg-bad-weak px-3 py-2 text-bad" : undefined}
      >
        {problem}
      </p>
      {/* post: should it ever be sent without our code, the password must not end up in an address */}
      <form ref={form} method="post" onSubmit={submit} className="grid gap-4">
        <div>
          <label htmlFor="email" className="mb-1.5 block font-medium">
            E-mail address
          </label>
          <input
            id="email"
            name="email"
            type="email"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={254}
            className="input min-h-10"
            aria-describedby="problem"
          />
        </div>
        <PasswordField
          id="password"
          name="password"
          label="Password"
          autoComplete="current-password"
          maxLength={200}
          aria-describedby="problem"
        />
        <button type="submit" className="btn pri mt-1 min-h-10" disabled={!ready || busy !== null}>
          {busy === "password" ? "Signing in…" : "Sign in"}
        </button>
      </form>
      {provider ? (
        <>
          <p className="my-4 flex items-center gap-3 text-xs text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            or
          </p>
          <button
            type="button"
            className="btn min-h-10 w-full"
            disabled={!ready || busy !== null}
            onClick={toProvider}
          >
            <KeyRound size={15} aria-hidden />
            <span className="truncate">{busy === "provider" ? "Leaving…" : `Continue with ${provider}`}</span>
          </button>
        </>
      ) : null}
    </div>
  );
}
