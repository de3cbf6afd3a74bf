"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLive } from "@/components/live/live";
import { useMay } from "@/components/shell/use-status";
import { Failure, Field } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import { TimeLeft } from "@/components/ui/time";
import type { RequestDetail } from "@/lib/requests/schemas";
import { requestQuery, withdrawRequest } from "./queries";

/** An approval that no agent has claimed can be taken back. */
export function WithdrawButton({ request }: { request: RequestDetail }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const may = useMay();
  const { fresh } = useLive();
  const client = useQueryClient();
  const withdrawal = useMutation({
    mutationFn: () => withdrawRequest({ id: request.id, reason: reason.trim() || undefined }),
    onSuccess: (after) => {
      client.setQueryData(requestQuery(request.id).queryKey, after);
      setOpen(false);
    },
    onError: () => void client.invalidateQueries({ queryKey: ["request", request.id] }),
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      {may("requests.decide") ? (
        <button
          type="button"
          className="btn no max-side:min-h-12"
          disabled={!fresh}
          onClick={() => setOpen(true)}
        >
          Withdraw approval…
        </button>
      ) : null}
      {request.approvalUntil ? (
        <span className="sub">
          not released yet · lapses by itself,{" "}
          <TimeLeft until={request.approvalUntil} asOf={Date.parse(request.now)} />
        </span>
      ) : null}
      <Dialog open={open} onClose={() => setOpen(false)} title="Withdraw this approval?">
        <form
          className="flex flex-col gap-3.5"
          onSubmit={(event) => {
            event.preventDefault();
            withdrawal.mutate();
          }}
        >
          <p>
            The agent has not released the call. If it does so first, the withdrawal is refused and you are
            told.
          </p>
          <Field label="Reason (optional)">
            <textarea
              className="input"
              rows={2}
              maxLength={1000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </Field>
          <Failure error={withdrawal.error} />
          <div className="flex gap-2">
            <button type="submit" className="btn danger" disabled={withdrawal.isPending}>
              {withdrawal.isPending ? "Sending…" : "Withdraw"}
            </button>
            <button type="button" className="btn" onClick={() => setOpen(false)}>
              Cancel
            </button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
