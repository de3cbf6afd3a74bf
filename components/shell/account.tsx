"use client";
import { useState } from "react";
import { LogOut } from "@/components/ui/icons";
import { signOut } from "@/lib/http/session-client";
import { useStatus } from "./use-status";

export function Account() {
  const me = useStatus()?.me;
  const [leaving, setLeaving] = useState(false);
  if (!me) return null;
  return (
    <div className="mt-1 flex items-center justify-between gap-1 border-t border-line pt-1.5">
      <span className="min-w-0 truncate text-muted" title={me.email ?? undefined}>
        {me.name}
        {me.role ? <span className="text-faint"> · {me.role}</span> : null}
      </span>
      <button
        type="button"
        className="inline-flex min-h-6 min-w-6 items-center justify-center rounded hover:text-ink max-side:min-h-11 max-side:min-w-11"
        title="Sign out"
        disabled={leaving}
        onClick={() => {
          setLeaving(true);
          void signOut().catch(() => setLeaving(false));
        }}
      >
        <LogOut size={13} />
        <span className="sr-only">Sign out</span>
      </button>
    </div>
  );
}
