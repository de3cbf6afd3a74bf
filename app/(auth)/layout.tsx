import type { ReactNode } from "react";
import { readInstallation } from "@/lib/core/installation";

/** One quiet card in the middle of the page; what runs here is told below it. */
export default async function AuthLayout({ children }: { children: ReactNode }) {
  const demo = await readInstallation().then(
    (installation) => installation.demo,
    () => false,
  );
  return (
    <div className="grid min-h-dvh grid-rows-[1fr_auto_1.4fr] px-4 py-8">
      <span />
      <main className="mx-auto w-full max-w-[23rem]">
        <Mark />
        {children}
        {demo ? (
          <p className="mt-5 text-center text-sm text-muted">
            <span className="tag warn">demo</span> Made-up people and real tool calls on this machine.
          </p>
        ) : null}
      </main>
      <footer className="self-end pt-8 text-center text-xs text-faint">
        Assentry holds high-risk tool calls until a person decides.
      </footer>
    </div>
  );
}

function Mark() {
  return (
    <svg
      width="40"
      height="40"
      viewBox="0 0 32 32"
      role="img"
      aria-label="Assentry"
      className="mx-auto mb-5 block"
    >
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M9 16.5l4.6 4.6L23.2 11.4"
        fill="none"
        className="stroke-bg"
        strokeWidth="3.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
