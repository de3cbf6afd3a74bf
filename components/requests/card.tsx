"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Failure } from "@/components/ui/bits";
import { Quoted } from "@/components/ui/quoted";
import { ClassTag, StateTag, TierTag } from "@/components/ui/tag";
import { Time, TimeLeft } from "@/components/ui/time";
import type { RequestDetail } from "@/lib/requests/schemas";
import { Arguments } from "./arguments";
import { CardContext } from "./card-context";
import { CardDeciders } from "./card-deciders";
import { CardFacts } from "./card-facts";
import { DecisionBar } from "./decision-bar";
import { requestQuery } from "./queries";

function Head({ request, level }: { request: RequestDetail; level: 1 | 2 }) {
  const Title = level === 1 ? "h1" : "h2";
  return (
    <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1.5">
      <div className="flex min-w-0 flex-wrap items-center gap-2">
        <Title className="min-w-0 text-[15px]">
          <Quoted text={request.tool.name} className="font-semibold" />
        </Title>
        <TierTag tier={request.risk.tier} />
        <ClassTag riskClass={request.risk.riskClass} />
        {request.state === "pending" ? null : <StateTag state={request.state} />}
      </div>
      <div className="sub flex flex-wrap gap-x-2">
        <span className="mono text-xs leading-5">{request.id}</span>
        {request.state === "pending" ? (
          <TimeLeft until={request.expiresAt} asOf={Date.parse(request.now)} />
        ) : (
          <Time iso={request.createdAt} />
        )}
      </div>
    </header>
  );
}

/** While the log's index of a fresh decision is not known yet, asks again. */
function useLogIndex(request: RequestDetail | undefined, refetch: () => unknown) {
  const waits = request?.decision?.logIndex === null;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(refetch, 700);
    return () => clearInterval(timer);
  }, [waits, refetch]);
}

/** Everything one needs to decide on one held call, in thirty seconds. */
export function RequestCard({ id, level = 2 }: { id: string; level?: 1 | 2 }) {
  const { data: request, error, refetch } = useQuery(requestQuery(id));
  useLogIndex(request, refetch);
  if (!request) {
    return (
      <article className="panel min-h-[420px] p-5" aria-busy={!error}>
        {error ? <Failure error={error} /> : <p className="sub">Reading…</p>}
      </article>
    );
  }
  return (
    <article
      className="panel flex flex-col max-side:-mx-4 max-side:rounded-none max-side:border-x-0"
      data-request={id}
      data-state={request.state}
    >
      <div className="flex flex-col gap-4 px-5 pt-4 pb-4 max-side:px-4">
        <Head request={request} level={level} />
        <CardFacts request={request} />
        <Arguments key={id} request={request} />
        <CardContext request={request} />
        <CardDeciders request={request} />
      </div>
      <DecisionBar key={id} request={request} />
    </article>
  );
}
