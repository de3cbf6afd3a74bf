"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Callout, Failure, Field } from "@/components/ui/bits";
import { changePassword, meQuery } from "./queries";
import { Section } from "./section";

function PasswordForm() {
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      setOpen(false);
      void client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    change.mutate({ current: String(fields.get("current")), password: String(fields.get("password")) });
  };
  if (!open) {
    return (
      <div className="flex flex-wrap items-center gap-3">
        <button type="button" className="btn" onClick={() => setOpen(true)}>
          Change password…
        </button>
        {change.isSuccess ? <span role="status">Changed. Your other sessions have ended.</span> : null}
      </div>
    );
  }
  return (
    <form className="panel flex max-w-md flex-col gap-3 p-4" onSubmit={submit}>
      <Field label="Current password">
        <input
          className="input"
          type="password"
          name="current"
          autoComplete="current-password"
          required
          maxLength={200}
        />
      </Field>
      <Field label="New password" hint="At least 10 characters; length is what counts.">
        <input
          className="input"
          type="password"
          name="password"
          autoComplete="new-password"
          required
          minLength={10}
          maxLength={200}
        />
      </Field>
      <Failure error={change.error} />
      <div className="flex gap-2">
        <button type="submit" className="btn pri" disabled={change.isPending}>
          {change.isPending ? "Changing…" : "Change password"}
        </button>
        <button type="button" className="btn" onClick={() => setOpen(false)}>
          Cancel
        </button>
      </div>
    </form>
  );
}

export function AccountSection() {
  const { data: me, error } = useQuery(meQuery);
  return (
    <Section id="account" title="Your account">
      <Failure error={error} />
      {me ? (
        <dl className="facts">
          <dt>Name</dt>
          <dd>{me.name}</dd>
          <dt>E-mail</dt>
          <dd>{me.email}</dd>
          <dt>Role</dt>
          <dd>{me.role}</dd>
        </dl>
      ) : null}
      {me?.hasPassword ? <PasswordForm /> : null}
      {me && !me.hasPassword ? (
        <Callout tone="info">You sign in through single sign-on; there is no password here.</Callout>
      ) : null}
    </Section>
  );
}
