import { Link } from "@/components/ui/link";

export function Brand() {
  return (
    <Link
      href="/requests"
      className="inline-flex min-h-8 items-center gap-2 px-2 font-semibold tracking-[-0.01em] no-underline"
    >
      <svg width="18" height="18" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8.5" className="fill-accent" />
        <path
          d="M9 16.5l4.6 4.6L23.2 11.4"
          fill="none"
          className="stroke-bg"
          strokeWidth="3.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      Assentry
    </Link>
  );
}
