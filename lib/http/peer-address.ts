import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { processShared } from "@/lib/core/shared";

/**
 * Appends the socket's address to X-Forwarded-For of every request, as the last hop. Next fills that header only when
 * it is missing, so without this anybody could write the address that limits and records go by (see clientIp).
 * Call once per process, before the first request.
 */
export function notePeerAddresses(): void {
  processShared("assentry.peers", () => {
    subscribe("http.server.request.start", (message) => {
      const { headers, socket } = (message as { request: IncomingMessage }).request;
      const given = headers["x-forwarded-for"];
      const hops = (Array.isArray(given) ? given.join(", ") : given) ?? "";
      headers["x-forwarded-for"] = [hops, socket.remoteAddress ?? "unknown"].filter(Boolean).join(", ");
    });
    return true;
  });
}
