"use client";
import { useState } from "react";
import { PageHead } from "@/components/ui/bits";
import { useNow } from "@/components/ui/clock";
import { inWords, plural, words } from "@/components/ui/format";
import { FreshButton } from "@/components/ui/fresh-button";
import { ListFilter, X } from "@/components/ui/icons";
import { plainClick, useUrl } from "@/components/ui/use-url";
import {
  type FilterField,
  narrowed,
  type RequestFilters,
  STATE_CHOICES,
  TABS,
  type Tab,
  TIER_CHOICES,
} from "./filters";
import type { Inbox } from "./use-inbox";

const NAMES: Record<Tab, string> = { waiting: "Waiting", history: "History", mine: "Mine" };

function Oldest({ inbox }: { inbox: Inbox }) {
  const now = useNow(inbox.asOf);
  const oldest = inbox.rows.findLast(({ row, left }) => row.state === "pending" && !left)?.row;
  if (!oldest || inbox.hasOlder) return null;
  return <> · oldest {inWords(now - Date.parse(oldest.createdAt))}</>;
}

function Tabs({ tab }: { tab: Tab }) {
  const url = useUrl();
  return (
    <nav aria-label="Views" className="tabs">
      {TABS.map((each) => {
        const change = { tab: each === "waiting" ? null : each, selected: null, state: null };
        return (
          <a
            key={each}
            href={url.hrefWith(change)}
            aria-current={each === tab}
            onClick={(event) => {
              if (!plainClick(event)) return;
              event.preventDefault();
              url.push(change);
            }}
          >
            {NAMES[each]}
          </a>
        );
      })}
    </nav>
  );
}

/** A text filter: applied on Enter or when left, so that each keystroke is not a question to the server. */
function TextFilter({ name, value }: { name: FilterField; value: string | undefined }) {
  const url = useUrl();
  return (
    <label className="flex items-center gap-1.5">
      <span className="sub capitalize">{name}</span>
      <input
        key={value}
        className="input w-40 max-side:w-full"
        defaultValue={value}
        spellCheck={false}
        autoComplete="off"
        maxLength={200}
        onKeyDown={(event) => {
          if (event.key === "Enter") url.push({ [name]: event.currentTarget.value.trim() });
        }}
        onBlur={(event) => {
          const next = event.target.value.trim();
          if (next !== (value ?? "")) url.push({ [name]: next });
        }}
      />
    </label>
  );
}

interface ChoiceProps {
  name: FilterField;
  value: string | undefined;
  choices: readonly string[];
}
function Choice({ name, value, choices }: ChoiceProps) {
  const url = useUrl();
  return (
    <label className="flex items-center gap-1.5">
      <span className="sub capitalize">{name}</span>
      <select
        className="input w-auto"
        value={value ?? ""}
        onChange={(event) => url.push({ [name]: event.target.value })}
      >
        <option value="">any</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {words(choice)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function InboxHead({ inbox, filters }: { inbox: Inbox; filters: RequestFilters }) {
  const on = narrowed(filters);
  const [open, setOpen] = useState(on);
  const url = useUrl();
  return (
    <>
      <PageHead
        title="Requests"
        sub={
          <>
            {inbox.waiting === 0 ? "Nothing waits for a decision" : null}
            {inbox.waiting > 0
              ? `${plural(inbox.waiting, "call")} ${inbox.waiting === 1 ? "waits" : "wait"} for a decision`
              : null}
            {filters.tab === "waiting" && !on ? <Oldest inbox={inbox} /> : null}
          </>
        }
      >
        <FreshButton count={inbox.fresh} onLoad={inbox.loadFresh} />
        <Tabs tab={filters.tab} />
        <button type="button" className="btn" aria-expanded={open} onClick={() => setOpen(!open)}>
          <ListFilter size={14} /> Filter
        </button>
      </PageHead>
      {open ? (
        <search className="mb-3.5 flex flex-wrap items-center gap-x-4 gap-y-2">
          <TextFilter name="server" value={filters.server} />
          <TextFilter name="tool" value={filters.tool} />
          <TextFilter name="caller" value={filters.caller} />
          <Choice name="tier" value={filters.tier} choices={TIER_CHOICES} />
          {filters.tab === "waiting" ? null : (
            <Choice name="state" value={filters.state} choices={STATE_CHOICES} />
          )}
          {on ? (
            <button
              type="button"
              className="btn quiet"
              onClick={() => url.push({ server: null, tool: null, caller: null, tier: null, state: null })}
            >
              <X size={14} /> Clear
            </button>
          ) : null}
        </search>
      ) : null}
    </>
  );
}
