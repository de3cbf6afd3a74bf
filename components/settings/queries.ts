import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Role } from "@/agent/contract/vocabulary";
import type { CreateUserInput, MeView, SessionView, TokenView, UserView } from "@/lib/auth/schemas";
import { api } from "@/lib/http/client";

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => api.get<MeView>("/me", undefined, signal),
});

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => api.get<Page<SessionView>>("/sessions", undefined, signal),
});

export const usersQuery = infiniteQueryOptions({
  queryKey: ["users"],
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<UserView>>("/users", { limit: 100, cursor: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
});

export const tokensQuery = infiniteQueryOptions({
  queryKey: ["tokens"],
  queryFn: ({ pageParam, signal }) =>
    api.get<Page<TokenView>>("/tokens", { limit: 100, cursor: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
});

export interface Channel {
  kind: "email" | "webhook";
  configured: boolean;
  queued: number;
  delivered: number;
  failed: number;
  lastError: string | null;
}
export const noticesQuery = queryOptions({
  queryKey: ["notices"],
  queryFn: ({ signal }) => api.get<{ channels: Channel[] }>("/notices", undefined, signal),
});

const at = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

export const changePassword = (body: { current: string; password: string }) =>
  api.post<unknown>("/me/password", body);
export const revokeSession = (id: string) => api.delete<unknown>(at("/sessions", id));
export const revokeOtherSessions = () => api.delete<unknown>("/sessions");

export const createUser = (body: CreateUserInput) =>
  api.post<{ user: UserView; password: string | null }>("/users", body);
export const updateUser = (id: string, body: { role?: Role | null; disabled?: boolean }) =>
  api.patch<UserView>(at("/users", id), body);
export const resetPassword = (id: string) =>
  api.post<{ user: UserView; password: string }>(`${at("/users", id)}/password`);

export const createToken = (body: { name: string; role: Role; expires: string }) =>
  api.post<TokenView & { token: string }>("/tokens", body);
export const revokeToken = (id: string) => api.delete<TokenView>(at("/tokens", id));
