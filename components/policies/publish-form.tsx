"use client";
import { useState } from "react";
import { Callout, Failure } from "@/components/ui/bits";
import { AppError } from "@/lib/core/errors";

interface Props {
  changed: boolean;
  readable: boolean;
  pending: boolean;
  error: unknown;
  baseVersion: number;
  standingVersion: number;
  onPublish: (comment: string | undefined) => void;
  onRebase: () => void;
  onDiscard: () => void;
}

function Overtaken({ base, standing, onRebase }: { base: number; standing: number; onRebase: () => void }) {
  return (
    <Callout tone="warn" role="alert">
      Somebody published version {standing} meanwhile; this draft began at version {base}. Compare with the
      rules above, then{" "}
      <button type="button" className="font-medium underline" onClick={onRebase}>
        keep the draft and base it on version {standing}
      </button>
      .
    </Callout>
  );
}

/** Publishes the draft as the next version, with a word why. */
export function PublishForm(props: Props) {
  const { changed, readable, pending, error, baseVersion, standingVersion } = props;
  const [comment, setComment] = useState("");
  const stale = standingVersion !== baseVersion;
  const placed = error instanceof AppError && error.code === "invalid";
  return (
    <form
      className="flex flex-col gap-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        props.onPublish(comment.trim() || undefined);
      }}
    >
      {stale && changed ? (
        <Overtaken base={baseVersion} standing={standingVersion} onRebase={props.onRebase} />
      ) : (
        <Failure error={placed ? null : error} />
      )}
      {placed ? (
        <Callout tone="bad" role="alert">
          {error.message}
        </Callout>
      ) : null}
      <div className="flex flex-wrap items-center gap-2">
        <input
          className="input min-w-0 flex-1 basis-56"
          aria-label="What changes and why"
          placeholder="What changes and why (optional)"
          maxLength={500}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
        <button type="submit" className="btn pri" disabled={!changed || !readable || pending || stale}>
          {pending ? "Publishing…" : `Publish as version ${standingVersion + 1}`}
        </button>
        <button type="button" className="btn" disabled={!changed} onClick={props.onDiscard}>
          Discard
        </button>
      </div>
    </form>
  );
}
