"use client";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { useKeys } from "@/components/ui/keyboard";
import { usePages } from "./use-status";

interface Open {
  command: () => void;
  keys: () => void;
}

/** `g` then a letter goes to a page; `?` shows the keys; ⌘K or Ctrl+K searches, also when shortcuts are off. */
export function useGoKeys(open: Open) {
  const router = useRouter();
  const pages = usePages();
  const armedAt = useRef(Number.NEGATIVE_INFINITY);
  const go: Record<string, () => unknown> = {};
  for (const page of pages) {
    go[page.key] = () => {
      const armed = performance.now() - armedAt.current < 1500;
      armedAt.current = Number.NEGATIVE_INFINITY;
      if (armed) router.push(page.href);
      return armed;
    };
  }
  useKeys(
    {
      "?": open.keys,
      g: () => {
        armedAt.current = performance.now();
      },
      ...go,
    },
    { first: true },
  );
  const latest = useRef(open);
  useEffect(() => {
    latest.current = open;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey) return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) latest.current.command();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
