"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PolicyTemplate } from "@/agent/contract/templates";
import { AppError } from "@/lib/core/errors";
import type { PolicyView } from "@/lib/policy/schemas";
import { JsonEditor, type Placed } from "./json-editor";
import { lineOfPath, readDraft } from "./json-place";
import { PublishForm } from "./publish-form";
import { policyQuery, publishPolicy } from "./queries";
import { Templates } from "./templates";
import { TryPanel } from "./try-panel";

const pretty = (document: unknown) => JSON.stringify(document, null, 2);

/** Puts a template's rules first; ids that stand already get a number, so that nothing is overwritten. */
function withTemplate(document: unknown, { rules }: PolicyTemplate): unknown {
  const given = document as { rules?: { id?: string }[] };
  const standing = Array.isArray(given.rules) ? given.rules : [];
  const taken = new Set(standing.map((rule) => rule.id));
  const fresh = rules.map((rule) => {
    let id = rule.id;
    for (let n = 2; taken.has(id); n++) id = `${rule.id}-${n}`;
    taken.add(id);
    return { ...rule, id };
  });
  return { ...given, rules: [...fresh, ...standing] };
}

function useDraft(standing: PolicyView, start: unknown) {
  const [base, setBase] = useState(standing.version);
  const [text, setText] = useState(() => pretty(start ?? standing.document));
  const read = useMemo(() => readDraft(text), [text]);
  const changed = !read.ok || JSON.stringify(read.document) !== JSON.stringify(standing.document);
  return { base, setBase, text, setText, read, changed };
}

function placed(text: string, read: ReturnType<typeof readDraft>, error: unknown): Placed[] {
  if (!read.ok) return [{ path: "", message: `is not JSON: ${read.message}`, line: read.line }];
  const issues = error instanceof AppError ? (error.issues ?? []) : [];
  return issues.map((issue) => ({ ...issue, line: lineOfPath(text, issue.path) }));
}

interface Props {
  standing: PolicyView;
  /** an older version's document to begin from */
  start?: unknown;
  onDone: () => void;
}

/** The policy as text; tried against the standing one before it is published. */
export function PolicyEditor({ standing, start, onDone }: Props) {
  const client = useQueryClient();
  const draft = useDraft(standing, start);
  const { read, text } = draft;
  const publication = useMutation({
    mutationFn: (comment: string | undefined) =>
      publishPolicy({ document: read.ok ? read.document : null, baseVersion: draft.base, comment }),
    onSuccess: (view) => {
      client.setQueryData(policyQuery().queryKey, view);
      void client.invalidateQueries({ queryKey: ["policy-versions"] });
      onDone();
    },
    onError: () => void client.invalidateQueries({ queryKey: ["policy", "standing"] }),
  });
  const edit = (next: string) => {
    publication.reset();
    draft.setText(next);
  };
  return (
    <div className="grid items-start gap-4.5 wide:grid-cols-[minmax(0,3fr)_minmax(340px,2fr)]">
      <section className="flex min-w-0 flex-col gap-3" aria-label="Draft">
        <JsonEditor
          text={text}
          onChange={edit}
          issues={placed(text, read, publication.error)}
          readOnly={publication.isPending}
        />
        <PublishForm
          changed={draft.changed}
          readable={read.ok}
          pending={publication.isPending}
          error={publication.error}
          baseVersion={draft.base}
          standingVersion={standing.version}
          onPublish={(comment) => publication.mutate(comment)}
          onRebase={() => draft.setBase(standing.version)}
          onDiscard={() => edit(pretty(standing.document))}
        />
      </section>
      <div className="flex min-w-0 flex-col gap-3">
        <Templates onInsert={(template) => read.ok && edit(pretty(withTemplate(read.document, template)))} />
        <TryPanel
          draft={read.ok ? (draft.changed ? read.document : undefined) : null}
          version={standing.version}
        />
      </div>
    </div>
  );
}
