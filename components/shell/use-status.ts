"use client";
import { useQuery } from "@tanstack/react-query";
import type { Permission } from "@/lib/core/permissions";
import { PAGES } from "./pages";
import { statusQuery } from "./queries";

export function useStatus() {
  return useQuery(statusQuery).data;
}

/** What this reader's role allows; the server decides again. */
export function useMay(): (permission: Permission) => boolean {
  const permissions = useStatus()?.me.permissions ?? [];
  return (permission) => permissions.includes(permission);
}

export function usePages() {
  const may = useMay();
  return PAGES.filter((page) => may(page.needs));
}
