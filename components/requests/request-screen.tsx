"use client";
import { lazy, Suspense, useState } from "react";
import { useMay } from "@/components/shell/use-status";
import { ChevronLeft } from "@/components/ui/icons";
import { Link } from "@/components/ui/link";
import { RequestCard } from "./card";

const Timeline = lazy(() => import("@/components/timeline/timeline"));

/** One held call on a page of its own: the link a notice carries, and the phone's way to decide. */
export function RequestScreen({ id }: { id: string }) {
  const may = useMay();
  const [record, setRecord] = useState(false);
  return (
    <div className="mx-auto flex max-w-[860px] flex-col gap-3">
      <Link
        href="/requests"
        className="sub inline-flex min-h-6 items-center gap-1 self-start no-underline hover:text-ink"
      >
        <ChevronLeft size={15} /> Requests
      </Link>
      <RequestCard id={id} level={1} />
      {may("audit.own") ? (
        <details className="mt-1" onToggle={(event) => setRecord(event.currentTarget.open)}>
          <summary className="mb-1.5 min-h-6 font-semibold">Record</summary>
          {record ? (
            <Suspense fallback={<p className="sub">Reading…</p>}>
              <Timeline filter={{ request: id }} />
            </Suspense>
          ) : null}
        </details>
      ) : null}
    </div>
  );
}
