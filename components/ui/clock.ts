"use client";
import { useSyncExternalStore } from "react";
import { serverOffset } from "@/lib/http/client";

/** One ticking second for the whole page, on the server's clock. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = 0;

const read = () => Math.floor((Date.now() + serverOffset()) / 1000) * 1000;

function subscribe(listener: () => void) {
  listeners.add(listener);
  second = read();
  timer ??= setInterval(() => {
    second = read();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Milliseconds since 1970 on the server's clock, ticking; `initial` while the page is being hydrated. */
export function useNow(initial: number): number {
  return useSyncExternalStore(
    subscribe,
    () => {
      second ||= read();
      return second;
    },
    () => initial,
  );
}

const never = () => () => {};
/** False on the server and during hydration: whatever depends on the browser's zone waits for it. */
export function useMounted(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
