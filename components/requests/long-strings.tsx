import { plural } from "@/components/ui/format";
import { Quoted } from "@/components/ui/quoted";
import { ArgumentsText, SHOWN_AT_ONCE } from "./arguments-text";
import type { LongString } from "./json-layout";

/** A reading aid: values of many lines as the text they stand for. What is sent is above. */
export function LongStrings({ strings }: { strings: LongString[] }) {
  return strings.map(({ path, text, lines }) => (
    <details key={path} className="mt-2" open={strings.length === 1 && lines <= 60}>
      <summary className="min-h-6">
        Read <Quoted text={path || "the value"} max={80} /> as text{" "}
        <span className="sub">
          · {plural(lines, "line")} · {plural(text.length, "character")}
        </span>
      </summary>
      <pre className="quoted mt-1.5 max-h-[60vh] overflow-auto">
        <ArgumentsText text={text.slice(0, SHOWN_AT_ONCE)} />
      </pre>
      {text.length > SHOWN_AT_ONCE ? (
        <p className="text-xs text-bad">Cut here; see the arguments above for the rest.</p>
      ) : null}
    </details>
  ));
}
