"use client";
import { useRef } from "react";
import type { Issue } from "@/lib/core/errors";

export interface Placed extends Issue {
  line: number | null;
}

interface Props {
  text: string;
  onChange: (text: string) => void;
  issues: Placed[];
  readOnly: boolean;
}

/** Plain text with line numbers; each issue names its line, and choosing it goes there. */
export function JsonEditor({ text, onChange, issues, readOnly }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLPreElement>(null);
  const bad = new Set(issues.map((issue) => issue.line));
  const count = text.split("\n").length;
  const goTo = (line: number) => {
    const element = area.current;
    if (!element) return;
    const start =
      text
        .split("\n")
        .slice(0, line - 1)
        .join("\n").length + (line > 1 ? 1 : 0);
    const end = text.indexOf("\n", start);
    element.focus();
    element.setSelectionRange(start, end === -1 ? text.length : end);
    element.scrollTop = Math.max(0, (line - 4) * 20);
  };
  return (
    <div className="flex flex-col gap-2.5">
      <div className="panel grid grid-cols-[auto_minmax(0,1fr)] overflow-hidden">
        <pre
          ref={gutter}
          aria-hidden
          className="max-h-[520px] overflow-hidden border-r border-line bg-sunken py-2.5 pr-2 pl-3 text-right text-xs leading-5 text-faint select-none"
        >
          {Array.from({ length: count }, (_, index) => index + 1).map((line) => (
            <span key={line} className={bad.has(line) ? "block font-bold text-bad" : "block"}>
              {line}
            </span>
          ))}
          <span className="block h-8" />
        </pre>
        <textarea
          ref={area}
          aria-label="Policy as JSON"
          aria-invalid={issues.length > 0}
          className="mono h-[520px] w-full resize-none overflow-auto bg-panel px-3 py-2.5 text-xs leading-5 whitespace-pre outline-offset-[-2px]"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          wrap="off"
          readOnly={readOnly}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      {issues.length > 0 ? (
        <ul role="alert" className="flex flex-col gap-1 text-bad">
          {issues.map((issue) => (
            <li key={`${issue.path}${issue.message}`}>
              {issue.line ? (
                <button
                  type="button"
                  className="min-h-6 font-medium underline"
                  onClick={() => goTo(issue.line ?? 1)}
                >
                  Line {issue.line}
                </button>
              ) : null}{" "}
              {issue.path ? <code>{issue.path}</code> : null} {issue.message}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
