/** Words and numbers for people. Pure; used on the server and in the browser alike. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** `a41f…9c2e` */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)}…${digest.slice(-4)}`;
}

/** A countdown: `7:19`, `1:04:09`, `2 d 3 h`. Milliseconds; never negative. */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  if (s >= 172_800) return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
  const two = (n: number) => String(n).padStart(2, "0");
  const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest.replace(/^0(\d)/, "$1");
}

/** A length of time in words: `12 s`, `4 min`, `3 h`, `2 days`, `3 weeks`. Milliseconds. */
export function inWords(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  if (s < 14 * 86_400) return plural(Math.floor(s / 86_400), "day");
  return plural(Math.floor(s / (7 * 86_400)), "week");
}

/** How long something ran: `840 µs` never, `12 ms`, `1.4 s`, `3 min`. */
export function ran(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : inWords(ms);
}

const stamp = (zone: string | undefined, seconds: boolean) =>
  new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: seconds ? "2-digit" : undefined,
    hourCycle: "h23",
    timeZone: zone,
  });
const formats = new Map<string, Intl.DateTimeFormat>();

/** `22 Nov 2026, 16:03`; in UTC until the browser's own zone is known. */
export function dateTime(iso: string, local: boolean, seconds = false): string {
  const key = `${local}${seconds}`;
  let format = formats.get(key);
  if (!format) {
    format = stamp(local ? undefined : "UTC", seconds);
    formats.set(key, format);
  }
  return format.format(new Date(iso));
}

export function bytes(n: number): string {
  if (n < 10_000) return plural(n, "byte");
  return n < 1_000_000 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1_000_000).toFixed(1)} MB`;
}

/** Words like `outcome_unknown` as people say them. */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}
