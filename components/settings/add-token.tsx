"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Role } from "@/agent/contract/vocabulary";
import { useStatus } from "@/components/shell/use-status";
import { Failure, Field } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import { Once } from "./once";
import { createToken } from "./queries";
import { ROLE_WORDS, rolesFor } from "./roles";

const LIFETIMES = [
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
  ["366d", "a year"],
  ["never", "never"],
] as const;

function Body({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const mine = (useStatus()?.me.role ?? null) as Role | null;
  const [role, setRole] = useState<Role>("approver");
  const creation = useMutation({
    mutationFn: createToken,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    creation.mutate({
      name: String(fields.get("name")).trim(),
      role,
      expires: String(fields.get("expires")),
    });
  };
  if (creation.data) return <Once what="The token" secret={creation.data.token} onDone={onClose} />;
  return (
    <form className="flex flex-col gap-3.5" onSubmit={submit}>
      <Field label="Name" hint="What will use it; stands in the log.">
        <input className="input" data-focus name="name" required maxLength={120} autoComplete="off" />
      </Field>
      <Field label="Role" hint={ROLE_WORDS[role]}>
        <select className="input" value={role} onChange={(event) => setRole(event.target.value as Role)}>
          {rolesFor(mine).map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </Field>
      <Field label="Expires after">
        <select className="input" name="expires" defaultValue="90d">
          {LIFETIMES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </Field>
      <Failure error={creation.error} />
      <div className="flex gap-2">
        <button type="submit" className="btn pri" disabled={creation.isPending}>
          {creation.isPending ? "Creating…" : "Create"}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

export function AddToken({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Create an API token">
      <Body onClose={onClose} />
    </Dialog>
  );
}
