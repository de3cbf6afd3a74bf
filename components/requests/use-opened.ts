"use client";
import { useEffect, useRef } from "react";
import { openRequest } from "./queries";

const told = new Set<string>();

/** Says to the console, once, that the arguments were on this person's screen: half of them, or a screen full. */
export function useOpened(id: string) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element || told.has(id)) return;
    const observer = new IntersectionObserver(
      (entries) => {
        const seen = entries.some(
          (each) =>
            each.isIntersecting &&
            (each.intersectionRatio >= 0.5 || each.intersectionRect.height >= window.innerHeight * 0.4),
        );
        if (!seen || document.visibilityState !== "visible") return;
        observer.disconnect();
        told.add(id);
        void openRequest(id).catch(() => told.delete(id));
      },
      { threshold: [0, 0.1, 0.25, 0.5, 0.75, 1] },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [id]);
  return ref;
}
