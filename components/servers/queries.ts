import { queryOptions } from "@tanstack/react-query";
import { api } from "@/lib/http/client";
import type { ServerView } from "@/lib/servers/schemas";

/** Agents come and go, and acknowledge rules, without a word to the browser. */
const LOOK_AGAIN_MS = 5000;

/** The inventory by name; the first 200, narrowed by words. */
export const serversQuery = (q?: string) =>
  queryOptions({
    queryKey: ["servers", { q: q ?? null }],
    queryFn: ({ signal }) =>
      api.get<{ items: ServerView[]; nextCursor: string | null }>("/servers", { q, limit: 200 }, signal),
    refetchInterval: LOOK_AGAIN_MS,
  });

export const serverQuery = (id: string) =>
  queryOptions({
    queryKey: ["server", id],
    queryFn: ({ signal }) => api.get<ServerView>(`/servers/${encodeURIComponent(id)}`, undefined, signal),
    refetchInterval: LOOK_AGAIN_MS,
  });

export interface Enrolled {
  token: string;
  server: { id: string; name: string };
  expiresAt: string;
}
export const enrolServer = (body: { server: string; owner?: string }) => api.post<Enrolled>("/servers", body);

export interface ModeChange {
  mode: "enforce" | "observe";
  reason?: string;
  until?: string;
}
export const setServerMode = (id: string, body: ModeChange) =>
  api.post<unknown>(`/servers/${encodeURIComponent(id)}/mode`, body);
