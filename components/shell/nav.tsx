"use client";
import { usePathname } from "next/navigation";
import { Link } from "@/components/ui/link";
import { usePages, useStatus } from "./use-status";

interface Props {
  onNavigate?: () => void;
}

/** The pages this reader may open. The waiting count is hot: it is why people come. */
export function Nav({ onNavigate }: Props) {
  const path = usePathname();
  const waiting = useStatus()?.waiting ?? 0;
  return (
    <ul className="flex flex-col gap-0.5">
      {usePages().map(({ href, name }) => {
        const on = path === href || path.startsWith(`${href}/`);
        return (
          <li key={href}>
            <Link
              href={href}
              onClick={onNavigate}
              aria-current={on ? "page" : undefined}
              className={`flex min-h-[30px] items-center justify-between rounded-md px-2 no-underline max-side:min-h-11 max-side:px-3 ${
                on ? "bg-sunken font-medium text-ink" : "text-muted hover:text-ink"
              }`}
            >
              {name}
              {href === "/requests" && waiting > 0 ? (
                <span className="font-medium text-bad tabular-nums">
                  {waiting.toLocaleString("en")}
                  <span className="sr-only"> waiting</span>
                </span>
              ) : null}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
