import type { Permission } from "@/lib/core/permissions";

/** The console's pages in order; `g` then the key goes there. */
export const PAGES = [
  { href: "/requests", name: "Requests", key: "r", needs: "requests.read" },
  { href: "/servers", name: "Servers", key: "s", needs: "servers.read" },
  { href: "/tools", name: "Tools", key: "t", needs: "servers.read" },
  { href: "/policies", name: "Policies", key: "p", needs: "policies.read" },
  { href: "/audit", name: "Audit", key: "a", needs: "audit.own" },
  { href: "/settings", name: "Settings", key: ",", needs: "self.manage" },
] as const satisfies readonly {
  href: string;
  name: string;
  key: string;
  needs: Permission;
}[];
