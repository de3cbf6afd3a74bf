"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { fromLocalInput, toLocalInput } from "@/components/audit/filters";
import { Callout, Failure, Field } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import type { ServerView } from "@/lib/servers/schemas";
import { setServerMode } from "./queries";

const DAY_MS = 86_400_000;

function Body({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const next = server.mode === "enforce" ? "observe" : "enforce";
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState(() => toLocalInput(new Date(Date.now() + DAY_MS).toISOString()));
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () =>
      setServerMode(server.id, {
        mode: next,
        reason: reason.trim() || undefined,
        until: next === "observe" ? (fromLocalInput(until) ?? undefined) : undefined,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["server", server.id] });
      void client.invalidateQueries({ queryKey: ["servers"] });
      onClose();
    },
  });
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      {next === "observe" ? (
        <>
          <Callout tone="bad">
            While it observes, every call on {server.name} is forwarded; what a rule would have done is only
            recorded.
          </Callout>
          <Field label="Reason" hint="Shown on this page and in the log.">
            <input
              className="input"
              data-focus
              required
              minLength={5}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </Field>
          <Field label="Ends at" hint="At most 90 days from now; then it enforces again by itself.">
            <input
              className="input"
              type="datetime-local"
              required
              value={until}
              onChange={(event) => setUntil(event.target.value)}
            />
          </Field>
        </>
      ) : (
        <p>Held calls will wait again as soon as the agents have acknowledged it.</p>
      )}
      <Failure error={change.error} />
      <div className="flex gap-2">
        <button
          type="submit"
          className={`btn ${next === "observe" ? "danger" : "pri"}`}
          disabled={change.isPending}
        >
          {change.isPending ? "Sending…" : next === "observe" ? "Observe only" : "Enforce"}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

export function ModeDialog({
  server,
  open,
  onClose,
}: {
  server: ServerView;
  open: boolean;
  onClose: () => void;
}) {
  const title =
    server.mode === "enforce" ? `Stop holding calls on ${server.name}?` : `Enforce on ${server.name}?`;
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <Body server={server} onClose={onClose} />
    </Dialog>
  );
}
