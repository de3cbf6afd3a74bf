"use client";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Menu, Search } from "@/components/ui/icons";
import { Account } from "./account";
import { Brand } from "./brand";
import { CommandMenu } from "./command-menu";
import { LiveMark } from "./live-mark";
import { Nav } from "./nav";
import { DemoBanner, LogSize, Posture } from "./posture";
import { useGoKeys } from "./use-go-keys";

/** Fetched when first asked for: most visits never open it. */
const KeysSheet = lazy(() => import("./keys-sheet"));

type Open = "menu" | "command" | "keys" | null;

/** Around every page: where one is, how current it is, and under which posture. */
export function Shell({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  useGoKeys({
    command: () => setOpen("command"),
    keys: () => setOpen("keys"),
  });
  return (
    <>
      <a
        href="#main"
        className="btn pri pointer-events-none fixed top-2 left-2 z-50 opacity-0 focus:pointer-events-auto focus:opacity-100"
      >
        Skip to content
      </a>
      <DemoBanner />
      <div className="side:grid side:grid-cols-[208px_minmax(0,1fr)]">
        <header className="sticky top-0 flex h-dvh flex-col overflow-y-auto border-r border-line px-2.5 pt-3 pb-2 max-side:hidden">
          <div className="mb-2.5">
            <Brand />
          </div>
          <nav aria-label="Main">
            <Nav />
          </nav>
          <div className="mt-auto flex flex-col gap-0.5 px-2 pt-6 text-xs leading-5 text-faint">
            <LiveMark />
            <Posture />
            <LogSize />
            <div className="-mx-1 flex items-center">
              <button
                type="button"
                className="min-h-6 rounded px-1 hover:text-ink"
                onClick={() => setOpen("command")}
              >
                <kbd>⌘K</kbd> search
              </button>
              <button
                type="button"
                className="min-h-6 rounded px-1 hover:text-ink"
                onClick={() => setOpen("keys")}
              >
                <kbd>?</kbd> keys
              </button>
            </div>
            <Account />
          </div>
        </header>
        <div className="flex min-w-0 flex-col">
          <header className="border-b border-line side:hidden">
            <div className="flex h-12 items-center justify-between pr-2 pl-2">
              <Brand />
              <div className="flex items-center">
                <button type="button" className="btn quiet min-w-10" onClick={() => setOpen("command")}>
                  <Search size={18} />
                  <span className="sr-only">Search</span>
                </button>
                <button type="button" className="btn quiet min-w-10" onClick={() => setOpen("menu")}>
                  <Menu size={20} />
                  <span className="sr-only">Menu</span>
                </button>
              </div>
            </div>
            <div className="flex flex-wrap items-center gap-x-3 px-4 pb-1.5 text-xs text-faint">
              <LiveMark />
              <Posture />
              <LogSize />
            </div>
          </header>
          <main
            id="main"
            tabIndex={-1}
            className="min-w-0 flex-1 px-6.5 pt-4.5 pb-10 outline-none max-side:px-4"
          >
            {children}
          </main>
        </div>
      </div>
      <Dialog open={open === "menu"} onClose={close} title="Menu">
        <nav aria-label="Main">
          <Nav onNavigate={close} />
        </nav>
        <div className="mt-3 px-3 text-sm text-muted">
          <Account />
        </div>
      </Dialog>
      {open === "command" ? <CommandMenu onClose={close} onKeys={() => setOpen("keys")} /> : null}
      <Suspense>{open === "keys" ? <KeysSheet onClose={close} /> : null}</Suspense>
    </>
  );
}
