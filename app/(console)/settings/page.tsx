import type { Metadata } from "next";
import { meQuery, sessionsQuery } from "@/components/settings/queries";
import { SettingsScreen } from "@/components/settings/settings-screen";
import { requireUser } from "@/lib/auth/current-context";
import { listOwnSessions } from "@/lib/auth/list-own-sessions";
import { me } from "@/lib/auth/me";
import { Prefetched } from "../prefetched";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage() {
  const context = await requireUser();
  const queries = [
    { queryKey: meQuery.queryKey, queryFn: () => me(context, {}) },
    { queryKey: sessionsQuery.queryKey, queryFn: () => listOwnSessions(context, {}) },
  ];
  return (
    <Prefetched queries={queries}>
      <SettingsScreen />
    </Prefetched>
  );
}
