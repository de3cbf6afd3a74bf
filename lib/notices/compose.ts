/** What a notice says: our own words, names and times only; no text of the caller's, no arguments, a link without authority. */
export interface NoticeFacts {
  requestId: string;
  kind: "held" | "outcome";
  server: string;
  /** the name the server gave its tool; bounded and stripped of anything invisible */
  tool: string;
  tier: string;
  state: string;
  expiresAt: Date;
  now: Date;
  url: string;
}

/** Names come from servers: one line, visible characters, no more than 80. */
function plain(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, " ")
    .trim()
    .slice(0, 80);
}

const minutesLeft = (facts: NoticeFacts) =>
  Math.max(0, Math.round((facts.expiresAt.getTime() - facts.now.getTime()) / 60_000));

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
  const what = `${plain(facts.tool)} on ${plain(facts.server)}`;
  if (facts.kind === "outcome") {
    return {
      subject: `[Assentry] ${what} ${ENDED[facts.state] ?? facts.state}`,
      text: `The call you decided, ${what}, ${ENDED[facts.state] ?? facts.state}.\n\nSee it: ${facts.url}\n`,
    };
  }
  return {
    subject: `[Assentry] ${facts.tier}: ${what} waits for a decision (${minutesLeft(facts)} min left)`,
    text: [
      `A tool call waits for a decision.`,
      ``,
      `  Server  ${plain(facts.server)}`,
      `  Tool    ${plain(facts.tool)}`,
      `  Tier    ${facts.tier}`,
      `  Left    ${minutesLeft(facts)} minutes (until ${facts.expiresAt.toISOString()})`,
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
      server: plain(facts.server),
      tool: plain(facts.tool),
      tier: facts.tier,
      expiresAt: facts.expiresAt.toISOString(),
      secondsLeft: Math.max(0, Math.round((facts.expiresAt.getTime() - facts.now.getTime()) / 1000)),
      url: facts.url,
    },
  };
}
