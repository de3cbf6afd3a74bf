"use client";
import { type ReactNode, useEffect, useState } from "react";
import { Check, Copy, Info, TriangleAlert } from "@/components/ui/icons";
import { AppError } from "@/lib/core/errors";

/** Copies a text; says so for two seconds, also to a screen reader. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="btn quiet text-xs"
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      {copied ? <Check size={13} /> : <Copy size={13} />}
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </button>
  );
}

/** A command of ours to copy; wraps rather than hides its end. */
export function Command({ text, label }: { text: string; label?: string }) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 py-1.5 leading-normal [overflow-wrap:anywhere] whitespace-pre-wrap">
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  );
}

interface EmptyProps {
  title: string;
  /** it stands for the whole page */
  page?: boolean;
  children?: ReactNode;
}
/** Why it is empty, and what next. */
export function Empty({ title, page = false, children }: EmptyProps) {
  const Title = page ? "h1" : "h2";
  return (
    <div className="panel flex flex-col gap-3 p-6 max-side:p-4">
      <Title>{title}</Title>
      {children ? <div className="sub flex flex-col gap-3">{children}</div> : null}
    </div>
  );
}

type Tone = "warn" | "bad" | "info";
const CALLOUT: Record<Tone, string> = {
  warn: "bg-warn-weak text-warn",
  bad: "bg-bad-weak text-bad",
  info: "bg-sunken text-muted",
};

export function Callout({
  tone,
  children,
  role,
}: {
  tone: Tone;
  children: ReactNode;
  role?: "alert" | "status";
}) {
  const Icon = tone === "info" ? Info : TriangleAlert;
  return (
    <div role={role} className={`flex gap-2.5 rounded-md px-3 py-2 ${CALLOUT[tone]}`}>
      <Icon size={15} className="mt-[3px] shrink-0" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}

/** A failure in words, with the id that our own log knows it by. */
export function Failure({ error, title }: { error: unknown; title?: string }) {
  if (!error) return null;
  const known = error instanceof AppError ? error : null;
  const id = known?.details?.httpRequestId;
  return (
    <Callout tone="bad" role="alert">
      {title ? <b className="font-medium">{title} </b> : null}
      {known ? known.message : "Something went wrong in this page."}
      {known?.issues?.length ? (
        <ul className="mt-1 list-disc pl-4">
          {known.issues.map((issue) => (
            <li key={`${issue.path}${issue.message}`}>
              <code>{issue.path}</code> {issue.message}
            </li>
          ))}
        </ul>
      ) : null}
      {typeof id === "string" && known && known.status >= 500 ? (
        <div className="mono mt-1">request {id}</div>
      ) : null}
    </Callout>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  children: ReactNode;
}
/** A label around its one control. */
export function Field({ label, hint, children }: FieldProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="flex flex-col gap-1">
      <span className="font-medium">{label}</span>
      {children}
      {hint ? <span className="sub text-xs">{hint}</span> : null}
    </label>
  );
}

export function PageHead({ title, sub, children }: { title: string; sub?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-3.5 flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
      <div className="min-w-0">
        <h1>{title}</h1>
        {sub ? <div className="sub">{sub}</div> : null}
      </div>
      {children ? <div className="flex flex-wrap items-center gap-2">{children}</div> : null}
    </header>
  );
}
