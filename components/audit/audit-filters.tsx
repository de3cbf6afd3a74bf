"use client";
import { useQuery } from "@tanstack/react-query";
import { serversQuery } from "@/components/servers/queries";
import { ACTION_NAMES } from "@/components/timeline/action-words";
import type { AuditFilter } from "@/components/timeline/queries";
import { useMounted } from "@/components/ui/clock";
import { X } from "@/components/ui/icons";
import { useUrl } from "@/components/ui/use-url";
import { type AuditField, FIELDS, fromLocalInput, OUTCOMES, toLocalInput } from "./filters";

const NOUNS = [...new Set(ACTION_NAMES.map((name) => name.split(".", 1)[0] ?? name))];
const RANGES = [
  ["Last hour", 3600],
  ["24 hours", 86_400],
  ["7 days", 7 * 86_400],
] as const;

function TextField({
  name,
  value,
  label,
  list,
}: {
  name: AuditField;
  value?: string;
  label: string;
  list?: string;
}) {
  const url = useUrl();
  return (
    <label className="flex min-w-0 flex-col gap-0.5">
      <span className="sub text-xs">{label}</span>
      <input
        key={value}
        className="input"
        list={list}
        defaultValue={value}
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        onKeyDown={(event) => {
          if (event.key === "Enter") url.push({ [name]: event.currentTarget.value.trim(), entry: null });
        }}
        onBlur={(event) => {
          const next = event.target.value.trim();
          if (next !== (value ?? "")) url.push({ [name]: next, entry: null });
        }}
      />
    </label>
  );
}

function When({ name, value, label }: { name: "from" | "to"; value?: string; label: string }) {
  const url = useUrl();
  const local = useMounted();
  return (
    <label className="flex min-w-0 flex-col gap-0.5">
      <span className="sub text-xs">{label}</span>
      <input
        key={`${value}${local}`}
        type="datetime-local"
        className="input"
        defaultValue={local ? toLocalInput(value) : ""}
        onBlur={(event) => {
          if (event.target.value !== toLocalInput(value)) {
            url.push({ [name]: fromLocalInput(event.target.value), entry: null });
          }
        }}
      />
    </label>
  );
}

function Ranges() {
  const url = useUrl();
  return (
    <div className="col-span-2 flex flex-wrap items-end">
      {RANGES.map(([label, seconds]) => (
        <button
          key={label}
          type="button"
          className="btn quiet"
          onClick={() =>
            url.push({ from: new Date(Date.now() - seconds * 1000).toISOString(), to: null, entry: null })
          }
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** Every filter is the server's, over all entries; none looks only at the page that is shown. */
export function AuditFilters({ filter }: { filter: AuditFilter }) {
  const url = useUrl();
  const servers = useQuery(serversQuery()).data?.items ?? [];
  return (
    <search className="mb-3.5 grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] items-end gap-x-3 gap-y-2 side:grid-cols-4 wide:grid-cols-6">
      <TextField name="q" value={filter.q} label="Words" />
      <TextField name="actor" value={filter.actor} label="Actor (name or id)" />
      <TextField name="action" value={filter.action} label="Action" list="actions" />
      <datalist id="actions">
        {[...NOUNS, ...ACTION_NAMES].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <TextField name="subject" value={filter.subject} label="Subject (name or id)" />
      <label className="flex min-w-0 flex-col gap-0.5">
        <span className="sub text-xs">Outcome</span>
        <select
          className="input"
          value={filter.outcome ?? ""}
          onChange={(event) => url.push({ outcome: event.target.value, entry: null })}
        >
          <option value="">any</option>
          {OUTCOMES.map((outcome) => (
            <option key={outcome}>{outcome}</option>
          ))}
        </select>
      </label>
      <label className="flex min-w-0 flex-col gap-0.5">
        <span className="sub text-xs">Server</span>
        <select
          className="input"
          value={filter.server ?? ""}
          onChange={(event) => url.push({ server: event.target.value, entry: null })}
        >
          <option value="">any</option>
          {servers.map((server) => (
            <option key={server.id} value={server.id}>
              {server.name}
            </option>
          ))}
        </select>
      </label>
      <TextField name="request" value={filter.request} label="Request id" />
      <When name="from" value={filter.from} label="From" />
      <When name="to" value={filter.to} label="Until" />
      <Ranges />
      {Object.keys(filter).length > 0 ? (
        <button
          type="button"
          className="btn quiet justify-self-start"
          onClick={() => url.push(Object.fromEntries([...FIELDS, "entry"].map((field) => [field, null])))}
        >
          <X size={14} /> Clear
        </button>
      ) : null}
    </search>
  );
}
