"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { serversQuery } from "@/components/servers/queries";
import { toolsQuery } from "@/components/tools/queries";
import { Failure, Field } from "@/components/ui/bits";
import { EffectTag, TierTag } from "@/components/ui/tag";
import type { TryOutput } from "@/lib/policy/schemas";
import { type Trial, tryCall } from "./queries";

function Outcome({ title, result }: { title: string; result: TryOutput }) {
  return (
    <section className="panel min-w-0 p-3">
      <h3 className="sub mb-1.5 text-xs">{title}</h3>
      <p className="mb-1 flex flex-wrap items-center gap-2">
        <EffectTag effect={result.effect} /> <TierTag tier={result.tier} />
      </p>
      <p>
        {result.rule ? (
          <>
            Rule {result.rule.index + 1}, <i>{result.rule.name ?? result.rule.id}</i>
          </>
        ) : (
          "No rule: the default"
        )}
      </p>
      <ul className="list-disc pl-4">
        {result.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {result.effect === "hold" ? (
        <p className="sub">
          waits {result.timeLimitMinutes} min for {result.deciders.join(", ")}
        </p>
      ) : null}
      {result.conditionErrors.map((error) => (
        <p key={error} className="text-warn">
          ▲ {error}
        </p>
      ))}
      {result.flagged ? <p className="text-warn">▲ passes, and is flagged</p> : null}
    </section>
  );
}

interface Props {
  /** undefined: the draft is the standing policy; null: the draft cannot be read */
  draft: unknown;
  version: number;
}

function useTrial({ draft }: Props) {
  return useMutation({
    mutationFn: async (trial: Trial) => {
      const standing = await tryCall(trial);
      return { standing, draft: draft === undefined ? null : await tryCall(trial, draft) };
    },
  });
}

/** What a call would meet, under the draft beside the policy in force. Nothing is sent anywhere. */
export function TryPanel(props: Props) {
  const [trial, setTrial] = useState<Trial>({
    server: "",
    method: "tools/call",
    tool: "",
    caller: "",
    argumentsText: "{}",
  });
  const servers = useQuery(serversQuery()).data?.items ?? [];
  const known = servers.find((server) => server.name === trial.server);
  const tools =
    useQuery({ ...toolsQuery({ server: known?.id }), enabled: known !== undefined }).data?.items ?? [];
  const attempt = useTrial(props);
  const change = (part: Partial<Trial>) => setTrial({ ...trial, ...part });
  const calls = trial.method === "tools/call";
  const results = attempt.data;
  return (
    <form
      className="panel flex flex-col gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        attempt.mutate({
          ...trial,
          caller: trial.caller.trim() || "somebody",
          tool: calls ? trial.tool?.trim() || undefined : undefined,
        });
      }}
    >
      <h2>Try a call</h2>
      <div className="grid grid-cols-2 gap-3 max-side:grid-cols-1">
        <Field label="Server">
          <input
            className="input"
            list="try-servers"
            required
            value={trial.server}
            onChange={(event) => change({ server: event.target.value })}
          />
        </Field>
        <Field label="Tool">
          <input
            className="input"
            list="try-tools"
            disabled={!calls}
            value={trial.tool}
            onChange={(event) => change({ tool: event.target.value })}
          />
        </Field>
        <Field label="Caller">
          <input
            className="input"
            placeholder="somebody"
            value={trial.caller}
            onChange={(event) => change({ caller: event.target.value })}
          />
        </Field>
        <Field label="Method">
          <input
            className="input"
            required
            value={trial.method}
            onChange={(event) => change({ method: event.target.value })}
          />
        </Field>
      </div>
      <datalist id="try-servers">
        {servers.map((server) => (
          <option key={server.id} value={server.name} />
        ))}
      </datalist>
      <datalist id="try-tools">
        {tools.map((tool) => (
          <option key={tool.id} value={tool.name} />
        ))}
      </datalist>
      <Field label="Arguments">
        <textarea
          className="input mono"
          rows={3}
          spellCheck={false}
          value={trial.argumentsText}
          onChange={(event) => change({ argumentsText: event.target.value })}
        />
      </Field>
      <div className="flex items-center gap-3">
        <button type="submit" className="btn" disabled={attempt.isPending || props.draft === null}>
          {attempt.isPending ? "Trying…" : "Try"}
        </button>
        <span className="sub text-xs">
          {props.draft === null ? "The draft is not JSON yet." : "Nothing is sent to any server."}
        </span>
      </div>
      <Failure error={attempt.error} />
      {results ? (
        <div aria-live="polite" className="grid grid-cols-[repeat(auto-fit,minmax(220px,1fr))] gap-3">
          {results.draft ? <Outcome title="Under the draft" result={results.draft} /> : null}
          <Outcome title={`In force (version ${props.version})`} result={results.standing} />
        </div>
      ) : null}
      {results && !results.standing.toolKnown && calls ? (
        <p className="sub text-xs">
          No agent has listed this tool on this server; it is judged as an unknown one.
        </p>
      ) : null}
    </form>
  );
}
