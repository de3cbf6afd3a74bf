"use client";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { useKeys } from "@/components/ui/keyboard";
import { usePages } from "./use-status";

/** `g` then a letter goes to a page; `?` shows the keys; ⌘K or Ctrl+K searches, also when shortcuts are off. */
export function useGoKeys(open: { command: () => void; keys: () => void }) {
  const router = useRouter();
  const pages = usePages();
  const armedAt = useRef(0);
  const go: Record<string, () => void> = {};
  for (const page of pages) {
    go[page.key] = () => {
      if (performance.now() - armedAt.current < 1500) router.push(page.href);
      armedAt.current = 0;
    };
  }
  useKeys({
    "?": open.keys,
    g: () => {
      armedAt.current = performance.now();
    },
    ...go,
  });
  const latest = useRef(open.command);
  useEffect(() => {
    latest.current = open.command;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey) return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) latest.current();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
