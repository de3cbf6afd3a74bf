import { ran } from "@/components/ui/format";
import { Check, Circle, CircleDot, TriangleAlert, X } from "@/components/ui/icons";
import { Time } from "@/components/ui/time";
import type { RequestDetail } from "@/lib/requests/schemas";
import { type Stage, stagesOf } from "./stages";

const LOOK: Record<Stage["state"], { className: string; Icon: typeof Check; says: string }> = {
  done: { className: "text-ok", Icon: Check, says: "done" },
  now: { className: "font-medium text-ink", Icon: CircleDot, says: "now" },
  todo: { className: "text-faint", Icon: Circle, says: "not yet" },
  bad: { className: "font-medium text-bad", Icon: X, says: "ended badly" },
  warn: { className: "font-medium text-warn", Icon: TriangleAlert, says: "ended" },
};

/** The stages as they truly happened; announced when they change. */
export function StagesLine({ request, sending }: { request: RequestDetail; sending: boolean }) {
  const ms = request.stages.durationMs;
  return (
    <ol
      aria-label="Stages"
      aria-live="polite"
      data-testid="stages"
      className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs"
    >
      {stagesOf(request, sending).map((stage) => {
        const { className, Icon, says } = LOOK[stage.state];
        return (
          <li key={stage.key} className={`inline-flex items-center gap-1.5 ${className}`}>
            <Icon size={12} strokeWidth={2.4} />
            <span>
              {stage.label}
              <span className="sr-only"> ({says})</span>
            </span>
            {stage.at && stage.state !== "now" ? (
              <span className="sub font-normal max-side:hidden">
                <Time iso={stage.at} seconds />
              </span>
            ) : null}
          </li>
        );
      })}
      {ms !== null ? <li className="sub">took {ran(ms)}</li> : null}
    </ol>
  );
}
