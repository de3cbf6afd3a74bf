import type { ReactNode } from "react";
import { Providers } from "@/components/providers";
import { NoRole } from "@/components/shell/no-role";
import { statusQuery } from "@/components/shell/queries";
import { Shell } from "@/components/shell/shell";
import { requireUser } from "@/lib/auth/current-context";
import { getStatus } from "@/lib/overview/get-status";
import { Prefetched } from "./prefetched";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const context = await requireUser();
  if (context.role === null) return <NoRole name={context.name} />;
  return (
    <Providers>
      <Prefetched queries={[{ queryKey: statusQuery.queryKey, queryFn: () => getStatus(context, {}) }]}>
        <Shell>{children}</Shell>
      </Prefetched>
    </Providers>
  );
}
