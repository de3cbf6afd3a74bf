"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useId, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { api } from "@/lib/http/client";
import type { ServerView } from "@/lib/servers/schemas";
import { useMay, usePages } from "./use-status";

interface Entry {
  id: string;
  label: string;
  hint: string;
  run: () => void;
}

function useEntries(text: string, onKeys: () => void): Entry[] {
  const router = useRouter();
  const pages = usePages();
  const may = useMay();
  const servers = useQuery({
    queryKey: ["servers", "menu"],
    queryFn: ({ signal }) => api.get<{ items: ServerView[] }>("/servers", { limit: 200 }, signal),
    staleTime: 60_000,
  });
  const needle = text.trim().toLowerCase();
  const go = (href: string) => () => router.push(href);
  const entries: Entry[] = [
    ...pages.map((page) => ({ id: page.href, label: page.name, hint: "page", run: go(page.href) })),
    { id: "mine", label: "My decisions and calls", hint: "requests", run: go("/requests?tab=mine") },
    { id: "history", label: "Decided and ended calls", hint: "requests", run: go("/requests?tab=history") },
    ...(may("agents.enrol")
      ? [{ id: "add", label: "Add a server…", hint: "servers", run: go("/servers?add=1") }]
      : []),
    { id: "keys", label: "Keyboard shortcuts", hint: "help", run: onKeys },
    ...(servers.data?.items ?? []).map((server) => ({
      id: server.id,
      label: server.name,
      hint: "server",
      run: go(`/servers/${server.id}`),
    })),
  ].filter((entry) => `${entry.label} ${entry.hint}`.toLowerCase().includes(needle));
  if (/^req_[0-9a-z]+$/.test(needle)) {
    entries.unshift({ id: needle, label: needle, hint: "open request", run: go(`/requests/${needle}`) });
  }
  if (needle && may("audit.own")) {
    const href = `/audit?q=${encodeURIComponent(text.trim())}`;
    entries.push({
      id: "audit-q",
      label: `Search the audit log for “${text.trim()}”`,
      hint: "audit",
      run: go(href),
    });
  }
  return entries.slice(0, 12);
}

function Menu({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const entries = useEntries(text, onKeys);
  const chosen = Math.min(at, Math.max(0, entries.length - 1));
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  return (
    <>
      <input
        className="input"
        data-focus="always"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={entries[chosen] ? `${id}-${chosen}` : undefined}
        aria-label="Search pages, servers, request ids, audit"
        placeholder="Search pages, servers, req_… ids, audit"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (step) {
            event.preventDefault();
            setAt((chosen + step + entries.length) % Math.max(1, entries.length));
          }
          if (event.key === "Enter") run(entries[chosen]);
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label="Results" className="mt-2 flex flex-col">
        {entries.map((entry, index) => (
          <button
            key={entry.id}
            id={`${id}-${index}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={`flex min-h-8 items-center justify-between gap-3 rounded-md px-2.5 text-left max-side:min-h-11 ${
              index === chosen ? "bg-accent-weak" : "hover:bg-sunken"
            }`}
            onClick={() => run(entry)}
          >
            <span className="min-w-0 truncate">{entry.label}</span>
            <span className="text-xs text-faint">{entry.hint}</span>
          </button>
        ))}
      </div>
      {entries.length === 0 ? <p className="sub mt-2 px-2.5">Nothing by that name.</p> : null}
    </>
  );
}

export function CommandMenu({ onClose, onKeys }: { onClose: () => void; onKeys: () => void }) {
  return (
    <Dialog open onClose={onClose} title="Go to">
      <Menu onClose={onClose} onKeys={onKeys} />
    </Dialog>
  );
}
