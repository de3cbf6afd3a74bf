"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Role } from "@/agent/contract/vocabulary";
import { useStatus } from "@/components/shell/use-status";
import { Failure, Field } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import { Once } from "./once";
import { createUser } from "./queries";
import { ROLE_WORDS, rolesFor } from "./roles";

function Body({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const mine = (useStatus()?.me.role ?? null) as Role | null;
  const [role, setRole] = useState<Role>("approver");
  const creation = useMutation({
    mutationFn: createUser,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["users"] }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const name = String(fields.get("name")).trim();
    creation.mutate({ email: String(fields.get("email")).trim(), name: name || undefined, role });
  };
  if (creation.data?.password) {
    return <Once what="The one-time password" secret={creation.data.password} onDone={onClose} />;
  }
  return (
    <form className="flex flex-col gap-3.5" onSubmit={submit}>
      <Field label="E-mail">
        <input
          className="input"
          data-focus
          type="email"
          name="email"
          required
          maxLength={254}
          autoComplete="off"
        />
      </Field>
      <Field label="Name (optional)">
        <input className="input" name="name" maxLength={120} autoComplete="off" />
      </Field>
      <Field label="Role" hint={ROLE_WORDS[role]}>
        <select className="input" value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {rolesFor(mine).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </Field>
      <Failure error={creation.error} />
      <div className="flex gap-2">
        <button type="submit" className="btn pri" disabled={creation.isPending}>
          {creation.isPending ? "Adding…" : "Add and make a one-time password"}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

export function AddPerson({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Add a person">
      <Body onClose={onClose} />
    </Dialog>
  );
}
