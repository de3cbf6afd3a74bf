import { FileCheck2, Inbox, ScrollText, Server, Settings, Wrench } from "lucide-react";
import type { Permission } from "@/lib/core/permissions";

/** The console's pages in order; `g` then the key goes there. */
export const PAGES = [
  { href: "/requests", name: "Requests", key: "r", icon: Inbox, needs: "requests.read" },
  { href: "/servers", name: "Servers", key: "s", icon: Server, needs: "servers.read" },
  { href: "/tools", name: "Tools", key: "t", icon: Wrench, needs: "servers.read" },
  { href: "/policies", name: "Policies", key: "p", icon: FileCheck2, needs: "policies.read" },
  { href: "/audit", name: "Audit", key: "a", icon: ScrollText, needs: "audit.own" },
  { href: "/settings", name: "Settings", key: ",", icon: Settings, needs: "self.manage" },
] as const satisfies readonly {
  href: string;
  name: string;
  key: string;
  icon: typeof Inbox;
  needs: Permission;
}[];
