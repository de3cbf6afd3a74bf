"use client";
import { type FormEvent, useState } from "react";
import { useLive } from "@/components/live/live";
import { Callout, Failure, Field } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import { bytes, plural } from "@/components/ui/format";
import { Quoted } from "@/components/ui/quoted";
import { Time } from "@/components/ui/time";
import type { RequestDetail, StandingDecision } from "@/lib/requests/schemas";
import { standingIn } from "./standing";

export type Verdict = "approve" | "deny";
interface Props {
  request: RequestDetail;
  verdict: Verdict | null;
  onClose: () => void;
  onSubmit: (verdict: Verdict, reason: string | undefined) => void;
  pending: boolean;
  error: unknown;
}

function TooLate({ error, standing }: { error: unknown; standing: StandingDecision | null }) {
  if (!standing) return <Failure error={error} />;
  return (
    <Callout tone="bad" role="alert">
      Already {standing.verdict === "approve" ? "approved" : "denied"} by{" "}
      <b className="font-medium">{standing.by.name}</b> at <Time iso={standing.at} seconds />
      {standing.reason ? ` · “${standing.reason}”` : ""}. {error ? "Your decision was not recorded." : null}
    </Callout>
  );
}

function Summary({ request, verdict }: { request: RequestDetail; verdict: Verdict }) {
  const { digest } = request;
  return (
    <dl className="facts">
      <dt>Tool</dt>
      <dd>
        <Quoted text={request.tool.name} />
      </dd>
      <dt>Server</dt>
      <dd>{request.server.name}</dd>
      <dt>Caller</dt>
      <dd>
        <Quoted text={request.caller.name} />
      </dd>
      {verdict === "approve" ? (
        <>
          <dt>Call digest</dt>
          <dd>
            <span className="mono" title={digest}>
              {digest.slice(0, 8)}…{digest.slice(-8)}
            </span>
            {request.arguments.access === "shown" ? (
              <span className="sub"> · arguments of {bytes(request.arguments.bytes)}</span>
            ) : null}
          </dd>
        </>
      ) : null}
    </dl>
  );
}

function Body({ request, verdict, onClose, onSubmit, pending, error }: Props & { verdict: Verdict }) {
  const [reason, setReason] = useState("");
  const approve = verdict === "approve";
  const { fresh } = useLive();
  // told as soon as it is known; the button stays, because only the console may say that it is too late
  const standing = standingIn(error) ?? (pending ? null : request.decision);
  const late = standingIn(error) !== null;
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!pending && !late && fresh) onSubmit(verdict, reason.trim() || undefined);
  };
  const unseen = request.arguments.masked > 0 && !request.arguments.revealed;
  return (
    <form
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          submit();
        }
      }}
      className="flex flex-col gap-3.5"
    >
      <Summary request={request} verdict={verdict} />
      {approve && unseen ? (
        <Callout tone="warn">
          {plural(request.arguments.masked, "masked value")} not revealed; what is behind will be sent.
        </Callout>
      ) : null}
      {request.deciders.ownCall ? (
        <Callout tone="warn">
          You own the agent that asks. The decision is marked as one on your own call.
        </Callout>
      ) : null}
      <Field
        label={approve ? "Note (optional)" : "Reason (optional, helps the caller to do better)"}
        hint={approve ? "Goes to the log." : "Goes to the log and is told to the model that asked."}
      >
        <textarea
          className="input"
          rows={approve ? 2 : 3}
          maxLength={1000}
          data-focus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
      <TooLate error={error} standing={standing} />
      {fresh ? null : (
        <Callout tone="warn">The connection is lost; deciding is off until it is back.</Callout>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <button
          type="submit"
          className={`btn ${approve ? "pri" : "danger"} max-side:flex-1`}
          disabled={pending || late || !fresh}
        >
          {pending ? "Sending…" : approve ? "Approve this call" : "Deny this call"}
        </button>
        <button type="button" className="btn max-side:flex-1" onClick={onClose}>
          {late ? "Close" : "Cancel"}
        </button>
        <span className="sub ml-auto text-xs max-side:hidden">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd>
        </span>
      </div>
    </form>
  );
}

/** Asks once more, for exactly this call. No single key, and no click outside of it, decides. */
export function DecisionDialog(props: Props) {
  const { verdict, onClose } = props;
  return (
    <Dialog
      open={verdict !== null}
      onClose={onClose}
      title={verdict === "deny" ? "Deny this call?" : "Approve this call?"}
    >
      {verdict ? <Body {...props} verdict={verdict} /> : null}
    </Dialog>
  );
}
