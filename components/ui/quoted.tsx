import { revealText } from "@/agent/contract/visible";

/** Others' text with everything in it visible: what does not show itself is named and marked. */
export function Visible({ text, lineFeeds }: { text: string; lineFeeds?: "mark" | "keep" }) {
  return revealText(text, { lineFeeds }).segments.map((segment, index) =>
    segment.hidden === undefined ? (
      segment.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: segments of one immutable text
      <mark key={index} title={segment.hidden}>
        ‹{segment.hidden.split(" ", 1)}›{segment.text === "\n" ? "\n" : null}
      </mark>
    ),
  );
}

interface Props {
  text: string;
  /** longest piece shown, in characters; the cut is said */
  max?: number;
  className?: string;
}

/** A name or a short text that callers or servers chose: mono, bordered, isolated, never markup or a link. */
export function Quoted({ text, max = 160, className = "" }: Props) {
  const shown = text.length > max ? text.slice(0, max) : text;
  return (
    <bdi className={`quoted ${className}`}>
      <Visible text={shown} />
      {shown === text ? null : <i className="text-muted"> …{text.length - max} more characters</i>}
    </bdi>
  );
}
