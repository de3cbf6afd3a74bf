"use client";
import { User, Users } from "@/components/ui/icons";
import { useStatus } from "./use-status";

const SAYS = {
  four_eyes: "Nobody decides calls of agents they own.",
  single_operator: "Owners of agents may decide those agents' calls; it is marked.",
};

/** Stated on every page: how many people a decision takes. */
export function Posture() {
  const posture = useStatus()?.posture;
  if (!posture) return null;
  const Icon = posture === "four_eyes" ? Users : User;
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={SAYS[posture]}>
      <Icon size={12} />
      {posture === "four_eyes" ? "Four eyes" : "Single operator"}
    </span>
  );
}

/** Entries in the log so far. */
export function LogSize() {
  const size = useStatus()?.logSize;
  return size === undefined ? null : (
    <span className="whitespace-nowrap tabular-nums">Log #{size.toLocaleString("en")}</span>
  );
}

export function DemoBanner() {
  if (!useStatus()?.demo) return null;
  return (
    <section
      aria-label="Demo"
      className="border-b border-line bg-warn-weak px-4 py-1 text-center text-xs text-warn"
    >
      <b className="font-semibold">Demo</b> · made-up people, real agents and calls. Do not connect servers
      that matter.
    </section>
  );
}
