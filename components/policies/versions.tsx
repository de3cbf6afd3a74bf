"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Failure } from "@/components/ui/bits";
import { plural, shortDigest } from "@/components/ui/format";
import { Time } from "@/components/ui/time";
import { versionsQuery } from "./queries";

interface Props {
  shown: number;
  onShow: (version: number) => void;
}

/** Every version ever published; none is changed or removed. */
export function Versions({ shown, onShow }: Props) {
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery(versionsQuery);
  const versions = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section>
      <h2 className="mb-1.5">Versions</h2>
      <Failure error={error} />
      <ol className="panel overflow-clip">
        {versions.map((version) => (
          <li
            key={version.version}
            className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 border-b border-line px-3 py-2 last:border-b-0"
          >
            <button
              type="button"
              className="min-h-6 font-medium underline decoration-line underline-offset-3 hover:decoration-current"
              aria-pressed={version.version === shown}
              onClick={() => onShow(version.version)}
            >
              Version {version.version}
            </button>
            <span>
              {version.publishedBy} <span className="sub">· {plural(version.rules, "rule")}</span>
            </span>
            <span className="sub">
              <Time iso={version.publishedAt} />
            </span>
            <span className="mono sub" title={version.digest}>
              {shortDigest(version.digest)}
            </span>
            {version.comment ? <span className="basis-full">“{version.comment}”</span> : null}
          </li>
        ))}
      </ol>
      {hasNextPage ? (
        <button type="button" className="btn mt-2.5" onClick={() => void fetchNextPage()}>
          Load older
        </button>
      ) : null}
    </section>
  );
}
