"use client";
import { setShortcuts, useShortcutsEnabled } from "@/components/ui/keyboard";
import { Section } from "./section";

export function ShortcutsSection() {
  const on = useShortcutsEnabled();
  return (
    <Section id="shortcuts" title="Keyboard">
      <label className="flex min-h-6 items-center gap-2.5">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={on}
          onChange={(event) => setShortcuts(event.target.checked)}
        />
        <span>
          Single-key shortcuts in this browser{" "}
          <span className="sub">
            (<kbd>j</kbd> <kbd>k</kbd> <kbd>a</kbd> <kbd>d</kbd> <kbd>.</kbd> <kbd>?</kbd>). ⌘K works either
            way.
          </span>
        </span>
      </label>
    </Section>
  );
}
