"use client";
import { Fragment } from "react";
import { Dialog } from "@/components/ui/dialog";
import { useShortcutsEnabled } from "@/components/ui/keyboard";
import { usePages } from "./use-status";

const KEYS: [string, [string, string][]][] = [
  [
    "Lists",
    [
      ["j", "next"],
      ["k", "previous"],
      ["Enter", "open"],
      [".", "load what is new"],
    ],
  ],
  [
    "A held call",
    [
      ["a", "approve… (asks first)"],
      ["d", "deny… (asks first)"],
      ["Ctrl Enter", "confirm in the dialog"],
      ["Esc", "close the dialog"],
    ],
  ],
];

export default function KeysSheet({ onClose }: { onClose: () => void }) {
  const pages = usePages().map(({ key, name }): [string, string] => [`g ${key}`, name]);
  const on = useShortcutsEnabled();
  const groups: [string, [string, string][]][] = [
    ...KEYS,
    ["Go to", pages],
    [
      "Everywhere",
      [
        ["⌘K", "search"],
        ["?", "this sheet"],
      ],
    ],
  ];
  return (
    <Dialog open onClose={onClose} title="Keys">
      <p className="sub mb-3">
        {on ? "A single key never decides anything." : "Single-key shortcuts are off in this browser."} Turn
        them on or off in Settings.
      </p>
      <div className="grid grid-cols-2 gap-x-8 gap-y-4 max-side:grid-cols-1">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3 className="sub mb-1 text-xs">{name}</h3>
            <dl className="grid grid-cols-[88px_1fr] gap-y-1">
              {keys.map(([key, what]) => (
                <Fragment key={key}>
                  <dt className="flex gap-1">
                    {key.split(" ").map((part) => (
                      <kbd key={part} className="self-center">
                        {part}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
