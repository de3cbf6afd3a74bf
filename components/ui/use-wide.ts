"use client";
import { useSyncExternalStore } from "react";

const QUERY = "(min-width: 68rem)";

/** Room for two panes; the same width as the `wide:` utilities. False on the server. */
export function useWide(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(QUERY);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => window.matchMedia(QUERY).matches,
    () => false,
  );
}
