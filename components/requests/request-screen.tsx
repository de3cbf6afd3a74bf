"use client";
import { ChevronLeft } from "lucide-react";
import Link from "next/link";
import { useMay } from "@/components/shell/use-status";
import { Timeline } from "@/components/timeline/timeline";
import { RequestCard } from "./card";

/** One held call on a page of its own: the link a notice carries, and the phone's way to decide. */
export function RequestScreen({ id }: { id: string }) {
  const may = useMay();
  return (
    <div className="mx-auto flex max-w-[860px] flex-col gap-3">
      <Link
        href="/requests"
        className="sub inline-flex min-h-6 items-center gap-1 self-start no-underline hover:text-ink"
      >
        <ChevronLeft size={15} aria-hidden /> Requests
      </Link>
      <RequestCard id={id} level={1} />
      {may("audit.own") ? (
        <section className="mt-3">
          <h2 className="mb-1.5">Record</h2>
          <Timeline filter={{ request: id }} />
        </section>
      ) : null}
    </div>
  );
}
