"use client";
import { useLive } from "@/components/live/live";
import { CloudOff, RefreshCw } from "@/components/ui/icons";

const small = { size: 12 } as const;

/** How current the page is: icon and word. */
export function LiveMark() {
  const { state } = useLive();
  return (
    <span role="status" className="inline-flex items-center gap-1.5">
      {state === "live" ? (
        <>
          <svg width="9" height="9" viewBox="0 0 10 10" aria-hidden="true" className="text-ok">
            <circle cx="5" cy="5" r="4" fill="currentColor" />
          </svg>
          Live
        </>
      ) : state === "polling" ? (
        <>
          <RefreshCw {...small} /> Polling
        </>
      ) : state === "connecting" ? (
        <>
          <RefreshCw {...small} /> Connecting…
        </>
      ) : (
        <span className="inline-flex items-center gap-1.5 font-medium text-bad">
          <CloudOff {...small} /> Reconnecting…
        </span>
      )}
    </span>
  );
}
