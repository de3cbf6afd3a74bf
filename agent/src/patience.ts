import type { ClientFacts } from "../contract/v1";

const UNKNOWN_SECONDS = 45;

/**
 * How long a client was measured to wait for an answer, by the name it gives itself. `progress` extends some clients'
 * patience and not others'; Infinity means as long as the request is open.
 */
const CLIENTS: readonly { prefix: string; silent: number; progress: number }[] = [
  { prefix: "claude-code", silent: 280, progress: Number.POSITIVE_INFINITY },
  { prefix: "codex", silent: 280, progress: 280 },
];

/** Milliseconds after which the client is told to come back later. */
export function patienceMs(client: ClientFacts | null, hasToken: boolean, override: number | null): number {
  if (override !== null) return override * 1000;
  const name = client?.name.toLowerCase() ?? "";
  const known = CLIENTS.find(({ prefix }) => name.startsWith(prefix));
  const seconds = known ? (hasToken ? known.progress : known.silent) : UNKNOWN_SECONDS;
  return seconds * 1000;
}
