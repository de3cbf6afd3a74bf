/** What a notice says: our own words, names and times only; no text of the caller's, no arguments, a link without authority. */
export interface NoticeFacts {
  requestId: string;
  kind: "held" | "outcome";
  server: string;
  /** the name the server gave its tool: anything at all */
  tool: string;
  tier: string;
  state: string;
  expiresAt: Date;
  now: Date;
  url: string;
}

const LONGEST = 80;

/**
 * Names come from servers. Letters, digits and `_ . / -` on one line stay, the rest becomes a dot in the middle: no line
 * breaks, nothing invisible, no address with a scheme, no markup. A name that was cut says so.
 */
export function plainName(text: string): string {
  const shown = [
    ...text
      .replace(/\p{Default_Ignorable_Code_Point}+/gu, "")
      .replace(/[^\p{L}\p{M}\p{N}_./-]+/gu, "·")
      .replace(/^·|·$/g, ""),
  ];
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST).join("")}…` : shown.join("") || "·";
}

/** Mail programs make links of whatever looks like a host; a tool's name must not become one. */
const unlinked = (name: string) => name.replaceAll(".", "[.]");

const secondsLeft = (facts: NoticeFacts) =>
  Math.max(0, Math.round((facts.expiresAt.getTime() - facts.now.getTime()) / 1000));

function timeLeft(facts: NoticeFacts): string {
  const minutes = Math.floor(secondsLeft(facts) / 60);
  return minutes === 0 ? "less than a minute" : minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

const ENDED: Record<string, string> = {
  executed: "was executed",
  failed: "was forwarded and failed",
  outcome_unknown: "was forwarded, but how it ended is unknown",
  denied: "was denied; nothing was executed",
  expired: "lapsed; nothing was executed",
  withdrawn: "was withdrawn; nothing was executed",
  refused_by_agent: "was refused by the agent; nothing was executed",
  ticket_expired: "lapsed; nothing was executed",
  invalidated: "was invalidated; nothing was executed",
  cancelled: "was cancelled; nothing was executed",
};

export function composeMail(facts: NoticeFacts): { subject: string; text: string } {
  const server = plainName(facts.server);
  const tool = unlinked(plainName(facts.tool));
  const what = `${tool} on ${server}`;
  if (facts.kind === "outcome") {
    const ended = ENDED[facts.state] ?? "ended";
    return {
      subject: `[Assentry] ${what} ${ended}`,
      text: `The call you decided, ${what}, ${ended}.\n\nSee it: ${facts.url}\n`,
    };
  }
  return {
    subject: `[Assentry] ${facts.tier}: ${what} waits for a decision (${timeLeft(facts)} left)`,
    text: [
      `A tool call waits for a decision.`,
      ``,
      `  Server  ${server}`,
      `  Tool    ${tool}`,
      `  Tier    ${facts.tier}`,
      `  Left    ${timeLeft(facts)} (until ${facts.expiresAt.toISOString()})`,
      ``,
      `Look at it and decide: ${facts.url}`,
      ``,
      `The link only opens the page; you sign in there. Nobody can decide by this mail.`,
      ``,
    ].join("\n"),
  };
}

/** The webhook's body (Standard Webhooks: signed over id, timestamp and body). */
export function composeEvent(facts: NoticeFacts) {
  return {
    type: facts.kind === "held" ? "request.held" : "request.ended",
    timestamp: facts.now.toISOString(),
    data: {
      id: facts.requestId,
      state: facts.state,
      server: plainName(facts.server),
      tool: plainName(facts.tool),
      tier: facts.tier,
      expiresAt: facts.expiresAt.toISOString(),
      secondsLeft: secondsLeft(facts),
      url: facts.url,
    },
  };
}
