"use client";
import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";

type Props = Omit<ComponentProps<"input">, "type"> & { id: string; label: string };

/** A labelled password with a switch that shows what was typed. */
export function PasswordField({ label, id, ...input }: Props) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          type={shown ? "text" : "password"}
          required
          className="input min-h-10 pr-11"
          {...input}
        />
        <button
          type="button"
          className="absolute inset-y-0 right-0 grid w-10 place-items-center rounded-md text-muted hover:text-ink"
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          <Icon size={16} aria-hidden />
          <span className="sr-only">Show {label.toLowerCase()}</span>
        </button>
      </div>
    </div>
  );
}
