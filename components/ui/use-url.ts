"use client";
import { usePathname, useSearchParams } from "next/navigation";

export type Change = Record<string, string | null | undefined>;

/** The query string as state, changed without asking the server for the page again. */
export function useUrl() {
  const path = usePathname();
  const params = useSearchParams();
  const hrefWith = (change: Change) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(change)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    const text = next.toString();
    return text ? `${path}?${text}` : path;
  };
  return {
    get: (name: string) => params.get(name),
    hrefWith,
    push: (change: Change) => window.history.pushState(null, "", hrefWith(change)),
    replace: (change: Change) => window.history.replaceState(null, "", hrefWith(change)),
  };
}

/** A link that changes only the query: ordinary clicks stay on the page, others (new tab) are the browser's. */
export const plainClick = (event: React.MouseEvent) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
