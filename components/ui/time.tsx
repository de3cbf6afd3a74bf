"use client";
import { useMounted, useNow } from "./clock";
import { countdown, dateTime, inWords } from "./format";

/** A date in the reader's own zone; UTC on hover. */
export function Time({ iso, seconds = false }: { iso: string; seconds?: boolean }) {
  const local = useMounted();
  return (
    <time dateTime={iso} title={`${dateTime(iso, false, true)} UTC`} className="whitespace-nowrap">
      {dateTime(iso, local, seconds)}
    </time>
  );
}

/** `4 min ago`, exact on hover. `asOf`: when the data was read, for the first paint. */
export function Ago({ iso, asOf, suffix = " ago" }: { iso: string; asOf: number; suffix?: string }) {
  const now = useNow(asOf);
  const past = now - Date.parse(iso);
  return (
    <time dateTime={iso} title={`${dateTime(iso, false, true)} UTC`} className="whitespace-nowrap">
      {past < 2000 ? "just now" : `${inWords(past)}${suffix}`}
    </time>
  );
}

/** Time left, ticking: calm, then warn under five minutes, then bad under one. Says so in words too. */
export function TimeLeft({ until, asOf }: { until: string; asOf: number }) {
  const left = Date.parse(until) - useNow(asOf);
  const tone = left <= 60_000 ? "text-bad font-medium" : left <= 300_000 ? "text-warn font-medium" : "";
  const text = left <= 0 ? "time is up" : `${countdown(left)} left`;
  return (
    <time
      dateTime={until}
      title={`until ${dateTime(until, false, true)} UTC`}
      className={`tabular-nums ${tone}`}
    >
      {text}
      {left > 0 && left <= 60_000 ? <span className="sr-only"> (less than a minute)</span> : null}
    </time>
  );
}
