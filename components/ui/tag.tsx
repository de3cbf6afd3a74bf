import type { ReactNode } from "react";
import type { Effect, Mode, RequestState, RiskClass, Tier } from "@/agent/contract/vocabulary";
import {
  Ban,
  Check,
  CircleHelp,
  Clock,
  Eye,
  Hourglass,
  Minus,
  PlayCircle,
  ShieldX,
  TriangleAlert,
  Undo2,
  X,
} from "@/components/ui/icons";

export type Tone = "ok" | "warn" | "bad" | "info" | "plain";

/** Status is icon and word, never colour alone. */
export function Tag({ tone, icon, children }: { tone: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={`tag ${tone}`}>
      {icon}
      {children}
    </span>
  );
}

const small = { size: 12, strokeWidth: 2.4 } as const;

function Dot({ hollow = false }: { hollow?: boolean }) {
  return (
    <svg width="9" height="9" viewBox="0 0 10 10" aria-hidden="true">
      <circle
        cx="5"
        cy="5"
        r="3.8"
        fill={hollow ? "none" : "currentColor"}
        stroke="currentColor"
        strokeWidth="1.6"
      />
    </svg>
  );
}

function Solid() {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      <path d="M5 0.4 9.6 5 5 9.6 0.4 5z" fill="currentColor" />
    </svg>
  );
}

const TIERS: Record<Tier, { tone: Tone; icon: ReactNode }> = {
  critical: { tone: "bad", icon: <Solid /> },
  high: { tone: "warn", icon: <TriangleAlert {...small} /> },
  medium: { tone: "info", icon: <Dot /> },
  low: { tone: "plain", icon: <Dot hollow /> },
};

export function TierTag({ tier }: { tier: Tier }) {
  return <Tag {...TIERS[tier]}>{tier}</Tag>;
}

export function ClassTag({ riskClass }: { riskClass: RiskClass }) {
  return <Tag tone="plain">{riskClass}</Tag>;
}

export const STATE_WORDS: Record<RequestState, { tone: Tone; word: string; icon: ReactNode }> = {
  pending: { tone: "info", word: "waiting", icon: <Clock {...small} /> },
  approved: { tone: "ok", word: "approved", icon: <Check {...small} /> },
  denied: { tone: "bad", word: "denied", icon: <X {...small} /> },
  expired: { tone: "plain", word: "expired", icon: <Hourglass {...small} /> },
  cancelled: { tone: "plain", word: "cancelled", icon: <Minus {...small} /> },
  invalidated: { tone: "warn", word: "invalidated", icon: <Ban {...small} /> },
  withdrawn: { tone: "warn", word: "withdrawn", icon: <Undo2 {...small} /> },
  released: { tone: "info", word: "released", icon: <PlayCircle {...small} /> },
  executed: { tone: "ok", word: "executed", icon: <Check {...small} /> },
  failed: { tone: "bad", word: "failed", icon: <X {...small} /> },
  outcome_unknown: { tone: "warn", word: "outcome unknown", icon: <CircleHelp {...small} /> },
  ticket_expired: { tone: "plain", word: "approval lapsed", icon: <Hourglass {...small} /> },
  refused_by_agent: { tone: "bad", word: "refused by the agent", icon: <ShieldX {...small} /> },
};

export function StateTag({ state }: { state: RequestState }) {
  const { tone, word, icon } = STATE_WORDS[state];
  return (
    <Tag tone={tone} icon={icon}>
      {word}
    </Tag>
  );
}

const EFFECTS: Record<Effect, { tone: Tone; icon: ReactNode }> = {
  allow: { tone: "ok", icon: <Check {...small} /> },
  hold: { tone: "warn", icon: <Clock {...small} /> },
  deny: { tone: "bad", icon: <X {...small} /> },
};

export function EffectTag({ effect }: { effect: Effect }) {
  return <Tag {...EFFECTS[effect]}>{effect}</Tag>;
}

/** Observe is loud: nothing is held while it lasts. */
export function ModeTag({ mode }: { mode: Mode }) {
  return mode === "enforce" ? (
    <Tag tone="ok" icon={<Check {...small} />}>
      enforce
    </Tag>
  ) : (
    <Tag tone="bad" icon={<Eye {...small} />}>
      observe only
    </Tag>
  );
}

export type AuditOutcome = "success" | "refused" | "failed";
export function OutcomeTag({ outcome }: { outcome: AuditOutcome }) {
  if (outcome === "success")
    return (
      <Tag tone="ok" icon={<Check {...small} />}>
        done
      </Tag>
    );
  const icon = outcome === "refused" ? <Ban {...small} /> : <X {...small} />;
  return (
    <Tag tone={outcome === "refused" ? "warn" : "bad"} icon={icon}>
      {outcome}
    </Tag>
  );
}
