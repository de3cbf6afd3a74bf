"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLive } from "@/components/live/live";
import { Callout } from "@/components/ui/bits";
import { useMounted, useNow } from "@/components/ui/clock";
import { useKeys } from "@/components/ui/keyboard";
import type { RequestDetail } from "@/lib/requests/schemas";
import { DecisionDialog, type Verdict } from "./decision-dialog";
import { decideRequest, requestQuery } from "./queries";
import { StagesLine } from "./stages-line";
import { WithdrawButton } from "./withdraw";

function useDecision(request: RequestDetail) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ verdict, reason }: { verdict: Verdict; reason: string | undefined }) =>
      decideRequest({ id: request.id, digest: request.digest, verdict, reason }),
    onSuccess: (after) => client.setQueryData(requestQuery(request.id).queryKey, after),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["request", request.id] });
      void client.invalidateQueries({ queryKey: ["requests-head"] });
      void client.invalidateQueries({ queryKey: ["status"] });
    },
  });
}

/** Why there are no buttons; null when this reader may decide now. */
function useHindrance(request: RequestDetail): string | null {
  const { fresh } = useLive();
  const now = useNow(Date.parse(request.now));
  if (request.state !== "pending") return null;
  if (!fresh) return "The connection is lost: what is shown may be old. Deciding is off until it is back.";
  if (request.deciders.notYou !== null) return request.deciders.notYou;
  if (now >= Date.parse(request.expiresAt)) return "Time is up: this call can no longer be decided.";
  return null;
}

/** Where the call stands, and the two buttons, within reach of a thumb. */
export function DecisionBar({ request }: { request: RequestDetail }) {
  const [asked, setAsked] = useState<Verdict | null>(null);
  const decision = useDecision(request);
  const hindrance = useHindrance(request);
  const open = request.state === "pending" && hindrance === null;
  // before our code runs, a button would take a click and do nothing
  const ready = useMounted();
  const ask = (verdict: Verdict) => {
    if (!open) return;
    decision.reset();
    setAsked(verdict);
  };
  useKeys({ a: () => ask("approve"), d: () => ask("deny") });
  const submit = (verdict: Verdict, reason: string | undefined) =>
    decision.mutate({ verdict, reason }, { onSuccess: () => setAsked(null) });
  return (
    <div className="sticky bottom-0 z-10 mt-1 flex flex-col gap-2.5 rounded-b-lg border-t border-line bg-panel px-5 pt-3 pb-[max(12px,env(safe-area-inset-bottom))] max-side:px-4">
      <StagesLine request={request} sending={decision.isPending} />
      {hindrance ? (
        <Callout tone={request.deciders.notYou === hindrance ? "info" : "warn"}>{hindrance}</Callout>
      ) : null}
      {open ? (
        <div className={`flex gap-2.5 ${ready ? "" : "invisible"}`}>
          <button
            type="button"
            className="btn pri max-side:min-h-12 max-side:flex-1"
            onClick={() => ask("approve")}
          >
            Approve… <kbd className="max-side:hidden">a</kbd>
          </button>
          <button
            type="button"
            className="btn no max-side:min-h-12 max-side:flex-1"
            onClick={() => ask("deny")}
          >
            Deny… <kbd className="max-side:hidden">d</kbd>
          </button>
        </div>
      ) : null}
      {request.state === "approved" ? <WithdrawButton request={request} /> : null}
      <DecisionDialog
        request={request}
        verdict={decision.isSuccess ? null : asked}
        onClose={() => setAsked(null)}
        onSubmit={submit}
        pending={decision.isPending}
        error={decision.error}
      />
    </div>
  );
}
