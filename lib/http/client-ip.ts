import { env } from "@/lib/core/env";

/**
 * The caller's address. Forwarding headers are believed only for as many hops as the operator says stand in front
 * (ASSENTRY_TRUSTED_PROXIES, counted from the right); notePeerAddresses appends the socket's peer as the last hop.
 */
export function clientIp(headers: Headers): string | null {
  const hops = (headers.get("x-forwarded-for") ?? "")
    .split(",")
    .map((h) => h.trim())
    .filter(Boolean);
  const own = hops[hops.length - 1 - env().trustedProxies] ?? hops[0];
  return own ? own.replace(/^::ffff:/, "").slice(0, 60) : null;
}
