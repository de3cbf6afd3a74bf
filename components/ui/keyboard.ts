"use client";
import { useEffect, useRef, useSyncExternalStore } from "react";

/** Single-key shortcuts can be turned off (WCAG 2.1.4); the choice stays in this browser. */
const STORE = "assentry.shortcuts";
const listeners = new Set<() => void>();

const enabled = () => {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true;
  }
};

export function setShortcuts(on: boolean) {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // private windows may refuse storage: the choice then lasts for nothing, and the default stays
  }
  for (const each of listeners) each();
}

export function useShortcutsEnabled(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    enabled,
    () => true,
  );
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/**
 * Runs `keys[event.key]` (named keys in lower case: `enter`) for a bare key press outside of fields and dialogs. A key
 * that somebody took is nobody else's; `false` says that it was not taken. `first` listens before everybody else.
 */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => unknown>, { first = false } = {}) {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.repeat && !"jk".includes(event.key)) return;
      if (typing(event.target) || document.querySelector("dialog[open]") || !enabled()) return;
      const run = latest.current[event.key.length > 1 ? event.key.toLowerCase() : event.key];
      if (!run) return;
      if (
        event.key === "Enter" &&
        event.target instanceof HTMLElement &&
        event.target.closest("a,button,summary")
      )
        return;
      if (run(event) !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey, first);
    return () => window.removeEventListener("keydown", onKey, first);
  }, [first]);
}
