import type { PolicyDocument, Rule } from "@/agent/contract/policy-schema";
import { EffectTag, TierTag } from "@/components/ui/tag";
import { decidersWords, matchWords } from "./rule-words";

function Match({ rule }: { rule: Rule }) {
  return (
    <p className="flex flex-wrap items-baseline gap-x-1.5 gap-y-1">
      {matchWords(rule.match).map(({ word, values }) => (
        <span key={word} className="inline-flex flex-wrap items-baseline gap-1">
          <span className="sub">{word}</span>
          {values.map((value) => (
            <code key={value} className="quoted">
              {value}
            </code>
          ))}
        </span>
      ))}
      {rule.when ? (
        <span className="inline-flex flex-wrap items-baseline gap-1">
          <span className="sub">when</span>
          <code className="quoted">{rule.when}</code>
        </span>
      ) : null}
    </p>
  );
}

function holdWords(rule: Rule, standing: PolicyDocument["hold"]): string {
  const minutes = rule.hold?.timeLimitMinutes ?? standing.timeLimitMinutes;
  return `waits ${minutes} min for ${decidersWords(rule.hold?.deciders ?? standing.deciders)}`;
}

/** The rules in plain words, in the order in which they are asked: the first that matches decides. */
export function RulesList({ document }: { document: PolicyDocument }) {
  return (
    <ol className="panel overflow-clip">
      {document.rules.map((rule, index) => (
        <li
          key={rule.id}
          className="grid grid-cols-[14px_70px_minmax(0,1fr)] items-baseline gap-x-2 border-b border-line px-3 py-2.5 last:border-b-0"
        >
          <span className="text-right text-xs text-muted tabular-nums">{index + 1}</span>
          <span>
            <EffectTag effect={rule.effect} />
          </span>
          <div className="flex min-w-0 flex-col gap-1">
            <p className="flex flex-wrap items-center gap-2">
              <b className="font-medium">{rule.name ?? rule.id}</b>
              {rule.tier ? (
                <span className="sub inline-flex items-center gap-1 text-xs">
                  at least <TierTag tier={rule.tier} />
                </span>
              ) : null}
            </p>
            <Match rule={rule} />
            {rule.effect === "hold" || rule.reason ? (
              <p className="sub text-xs">
                {rule.effect === "hold" ? holdWords(rule, document.hold) : null}
                {rule.effect === "hold" && rule.reason ? " · " : null}
                {rule.reason ? `“${rule.reason}”` : null}
              </p>
            ) : null}
          </div>
        </li>
      ))}
      {document.rules.length === 0 ? (
        <li className="sub px-3 py-2.5">No rules: only the defaults below.</li>
      ) : null}
    </ol>
  );
}

const UNAPPROVED = {
  ignore: "is not looked at",
  hold: "waits for a person",
  deny: "is refused",
};

/** What happens where no rule speaks, and while the console is away. */
export function Defaults({ document }: { document: PolicyDocument }) {
  const { hold, offline, unapproved } = document;
  const away = (choice: "allow" | "refuse") =>
    choice === "allow" ? "still passes until the agents’ rules end" : "is refused";
  return (
    <dl className="facts panel p-4 side:grid-cols-[190px_minmax(0,1fr)]!">
      <dt>No rule matches</dt>
      <dd>
        tools that only read pass, every other tool call waits; the protocol’s own methods pass, unknown ones
        pass and are flagged
      </dd>
      <dt>A held call</dt>
      <dd>
        waits {hold.timeLimitMinutes} min for {decidersWords(hold.deciders)}; an approval lapses after{" "}
        {hold.approvalMinutes} min
      </dd>
      <dt>A tool nobody approved</dt>
      <dd>{UNAPPROVED[unapproved]}</dd>
      <dt>Console out of reach</dt>
      <dd>
        what only reads {away(offline.read)}; everything else {away(offline.other)}
      </dd>
      <dt>A condition that fails</dt>
      <dd>counts as met for hold and deny, as not met for allow</dd>
    </dl>
  );
}
