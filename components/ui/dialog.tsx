"use client";
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from "react";
import { X } from "@/components/ui/icons";

interface Props {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  className?: string;
}

/** The field marked for it; with a finger the title instead, so that no keyboard jumps up. */
function focusFirst(dialog: HTMLDialogElement) {
  const field = dialog.querySelector<HTMLElement>("[data-focus]");
  const finger = window.matchMedia("(pointer: coarse)").matches;
  const target = field && (!finger || field.dataset.focus === "always") ? field : dialog.querySelector("h2");
  target?.focus();
}

/** A native modal dialog: focus is trapped and given back, Escape and a click outside close it. */
export function Dialog({ open, onClose, title, children, className = "" }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (open && dialog && !dialog.open) {
      dialog.showModal();
      focusFirst(dialog);
    }
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  useLayoutEffect(() => {
    const dialog = ref.current;
    // taken out of the page while open, it would keep the focus that it borrowed
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a native dialog; the click is the pointer's way
    <dialog
      ref={ref}
      aria-labelledby={id}
      className={className}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      {open ? (
        <div className="p-5 max-side:p-4">
          <div className="mb-3 flex items-start justify-between gap-3">
            <h2 id={id} tabIndex={-1} className="text-[15px] leading-6 outline-none">
              {title}
            </h2>
            <button type="button" className="btn quiet -mt-1 -mr-2 min-w-8 px-1.5" onClick={onClose}>
              <X size={16} />
              <span className="sr-only">Close</span>
            </button>
          </div>
          {children}
        </div>
      ) : null}
    </dialog>
  );
}
