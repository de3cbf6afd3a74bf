"use client";
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useMay } from "@/components/shell/use-status";
import { Callout, CopyButton, Failure } from "@/components/ui/bits";
import { bytes, plural } from "@/components/ui/format";
import { Eye } from "@/components/ui/icons";
import type { RequestDetail } from "@/lib/requests/schemas";
import { ArgumentsText, hiddenIn, masksIn, SHOWN_AT_ONCE } from "./arguments-text";
import { layoutJson, longStrings } from "./json-layout";
import { LongStrings } from "./long-strings";
import { revealRequest } from "./queries";
import { useOpened } from "./use-opened";

type View = "formatted" | "exact";

/** Before, after, or never: the text is the same. */
function sentWords({ state, stages }: RequestDetail): string {
  if (state === "pending" || state === "approved") return "exactly what will be sent";
  return stages.releasedAt && state !== "refused_by_agent" && state !== "ticket_expired"
    ? "exactly what was sent"
    : "what would have been sent";
}

function Heading({ text, request }: { text: string; request: RequestDetail }) {
  return (
    <h2>
      Arguments{" "}
      <span className="sub font-normal">
        {sentWords(request)} · {plural(text.split("\n").length, "line")} · {bytes(request.arguments.bytes)}
      </span>
    </h2>
  );
}

/** What stands out in the text itself, said under it. */
function Remarks({ text, masked, view }: { text: string; masked: number; view: View }) {
  const hidden = hiddenIn(text);
  const forged = masksIn(text) - masked;
  return (
    <div className="sub mt-1.5 flex flex-col gap-1 text-xs">
      {view === "formatted" ? (
        <p>Line breaks and indents between values are added for reading; nothing else is changed.</p>
      ) : null}
      {hidden > 0 ? (
        <p className="text-warn">
          ▲ {plural(hidden, "character")} that{" "}
          {hidden === 1 ? "does not show itself is" : "do not show themselves are"} shown as ‹U+…›.
        </p>
      ) : null}
      {forged > 0 ? (
        <p className="text-bad">
          ▲ The caller wrote {plural(forged, "text")} that looks like one of our masks.
        </p>
      ) : null}
    </div>
  );
}

function Text({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > SHOWN_AT_ONCE;
  return (
    <>
      <pre className="quoted mt-2" data-testid="arguments">
        <ArgumentsText text={cut ? text.slice(0, SHOWN_AT_ONCE) : text} />
      </pre>
      {cut ? (
        <div className="mt-2">
          <Callout tone="bad" role="alert">
            Only the first {SHOWN_AT_ONCE.toLocaleString("en")} of {text.length.toLocaleString("en")}{" "}
            characters are shown.{" "}
            <button type="button" className="font-medium underline" onClick={() => setWhole(true)}>
              Show all
            </button>
          </Callout>
        </div>
      ) : null}
    </>
  );
}

function Shown({ request, text }: { request: RequestDetail; text: string }) {
  const may = useMay();
  const reveal = useMutation({ mutationFn: () => revealRequest(request.id) });
  const shown = reveal.data?.argumentsText ?? text;
  const masked = reveal.data ? 0 : request.arguments.masked;
  const laid = useMemo(() => layoutJson(shown), [shown]);
  const long = useMemo(() => longStrings(shown), [shown]);
  const [wish, setWish] = useState<View>("formatted");
  const view: View = laid === null ? "exact" : wish;
  const ref = useOpened(request.id);
  return (
    <section ref={ref} aria-label="Arguments">
      <div className="flex flex-wrap items-center justify-between gap-x-4">
        <Heading text={shown} request={request} />
        <div className="flex items-center">
          <fieldset className="tabs">
            <legend className="sr-only">How the arguments are shown</legend>
            <button
              type="button"
              aria-pressed={view === "formatted"}
              disabled={laid === null}
              title={laid === null ? "Cannot be laid out without changing it" : undefined}
              onClick={() => setWish("formatted")}
            >
              Formatted
            </button>
            <button type="button" aria-pressed={view === "exact"} onClick={() => setWish("exact")}>
              As sent
            </button>
          </fieldset>
          <CopyButton text={shown} />
        </div>
      </div>
      <Text text={view === "formatted" && laid !== null ? laid : shown} />
      <Remarks text={shown} masked={masked} view={view} />
      {masked > 0 ? (
        <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
          <span>
            {plural(masked, "value")} that {masked === 1 ? "looks" : "look"} like a secret{" "}
            {masked === 1 ? "is" : "are"} masked.
          </span>
          {may("requests.reveal") ? (
            <button type="button" className="btn" disabled={reveal.isPending} onClick={() => reveal.mutate()}>
              <Eye size={14} /> Reveal (is recorded)
            </button>
          ) : null}
        </div>
      ) : null}
      {reveal.data ? <p className="sub mt-1.5 text-xs">Revealed to you; the log says so.</p> : null}
      <Failure error={reveal.error} />
      <LongStrings strings={long} />
    </section>
  );
}

const ABSENT = {
  forbidden: "Your role does not see arguments. Those who decide do.",
  gone: "The arguments were deleted by retention; their digest stays in the log.",
  shown: "",
};

/** The arguments in full, nothing hidden and nothing cut without saying so. */
export function Arguments({ request }: { request: RequestDetail }) {
  const { access } = request.arguments;
  if (access === "shown" && request.argumentsText !== null) {
    return <Shown request={request} text={request.argumentsText} />;
  }
  return (
    <section aria-label="Arguments">
      <h2>Arguments</h2>
      <p className="sub">{ABSENT[access] || "The arguments are not available."}</p>
    </section>
  );
}
