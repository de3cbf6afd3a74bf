import { revealText } from "@/agent/contract/visible";
import { Visible } from "@/components/ui/quoted";

const MASK = /(••• masked \(\d+ characters\))/;
/** Longer texts are shown in part first, and it is said. */
export const SHOWN_AT_ONCE = 120_000;

/** The text with hidden characters named and masked values marked. */
export function ArgumentsText({ text }: { text: string }) {
  return text.split(MASK).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one immutable text
      <mark key={index} title="Looks like a secret; shown only when revealed">
        {part}
      </mark>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one immutable text
      <Visible key={index} text={part} lineFeeds="keep" />
    ),
  );
}

export const hiddenIn = (text: string) => revealText(text, { lineFeeds: "keep" }).hiddenCount;
export const masksIn = (text: string) => text.split(MASK).length >> 1;
