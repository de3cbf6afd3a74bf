"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PolicyDocument } from "@/agent/contract/policy-schema";
import { useMay } from "@/components/shell/use-status";
import { Callout, Failure, PageHead } from "@/components/ui/bits";
import { shortDigest } from "@/components/ui/format";
import { Pencil } from "@/components/ui/icons";
import { Time } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { PolicyView } from "@/lib/policy/schemas";
import { PolicyEditor } from "./policy-editor";
import { policyQuery } from "./queries";
import { Defaults, RulesList } from "./rules-list";
import { TryPanel } from "./try-panel";
import { Versions } from "./versions";

/** Published documents were parsed when they were published. */
const documentOf = (view: PolicyView) => view.document as unknown as PolicyDocument;

function Sub({ view }: { view: PolicyView }) {
  return (
    <>
      Version {view.version} · published by {view.publishedBy} <Time iso={view.publishedAt} /> ·{" "}
      <span className="mono" title={view.digest}>
        {shortDigest(view.digest)}
      </span>
    </>
  );
}

/** Which calls pass, wait or are refused: in words, and as the text that is published. */
export function PoliciesScreen() {
  const url = useUrl();
  const mayPublish = useMay()("policies.publish");
  const standing = useQuery(policyQuery());
  const asked = Number(url.get("version")) || undefined;
  const older = asked !== undefined && asked !== standing.data?.version ? asked : undefined;
  const shown = useQuery({ ...policyQuery(older), enabled: older !== undefined || standing.isSuccess });
  const editing = mayPublish && url.get("edit") !== null;
  const [start, setStart] = useState<unknown>();
  const edit = (from?: unknown) => {
    setStart(from);
    url.push({ edit: "1", version: null });
  };
  if (!standing.data) return <Failure error={standing.error} />;
  const view = (older ? shown.data : undefined) ?? standing.data;
  return (
    <>
      <PageHead title="Policies" sub={<Sub view={view} />}>
        {mayPublish && !editing ? (
          <button type="button" className="btn pri" onClick={() => edit(older ? view.document : undefined)}>
            <Pencil size={13} /> {older ? `Draft from version ${older}` : "Edit"}
          </button>
        ) : null}
        {editing ? (
          <button type="button" className="btn" onClick={() => url.push({ edit: null })}>
            Close the editor
          </button>
        ) : null}
      </PageHead>
      <div className="flex flex-col gap-4.5">
        <Failure error={shown.error} />
        {older ? (
          <Callout tone="warn">
            This is version {older}; version {standing.data.version} is in force.{" "}
            <button
              type="button"
              className="font-medium underline"
              onClick={() => url.push({ version: null })}
            >
              Show it
            </button>
          </Callout>
        ) : null}
        {editing ? (
          <PolicyEditor standing={standing.data} start={start} onDone={() => url.push({ edit: null })} />
        ) : null}
        <div
          className={
            editing ? "contents" : "grid items-start gap-4.5 wide:grid-cols-[minmax(0,3fr)_minmax(340px,2fr)]"
          }
        >
          <section className="min-w-0">
            <h2 className="mb-1.5">
              {editing ? "In force" : "Rules"}{" "}
              <span className="sub font-normal">· the first that matches decides</span>
            </h2>
            <RulesList document={documentOf(view)} />
            <h2 className="mt-4.5 mb-1.5">Otherwise</h2>
            <Defaults document={documentOf(view)} />
          </section>
          {editing ? null : (
            <TryPanel draft={older ? view.document : undefined} version={standing.data.version} />
          )}
        </div>
        <Versions
          shown={view.version}
          onShow={(version) => url.push({ version: String(version), edit: null })}
        />
      </div>
    </>
  );
}
