"use client";
import { useQuery } from "@tanstack/react-query";
import { Callout, Failure } from "@/components/ui/bits";
import { plural } from "@/components/ui/format";
import { Check, Minus } from "@/components/ui/icons";
import { Quoted } from "@/components/ui/quoted";
import { Tag } from "@/components/ui/tag";
import { type Channel, noticesQuery } from "./queries";
import { Section } from "./section";

const SETUP: Record<Channel["kind"], string> = {
  email: "ASSENTRY_SMTP_URL",
  webhook: "ASSENTRY_WEBHOOK_URL and ASSENTRY_WEBHOOK_SECRET",
};

function Row({ channel }: { channel: Channel }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-3 py-2 last:border-b-0">
      <span className="w-20 font-medium capitalize">{channel.kind}</span>
      {channel.configured ? (
        <Tag tone="ok" icon={<Check size={12} />}>
          set up
        </Tag>
      ) : (
        <Tag tone="plain" icon={<Minus size={12} />}>
          not set up
        </Tag>
      )}
      {channel.configured ? (
        <span className="sub">
          {plural(channel.delivered, "notice")} delivered, {channel.queued} on the way,{" "}
          <span className={channel.failed > 0 ? "font-medium text-bad" : ""}>{channel.failed} failed</span> in
          7 days
        </span>
      ) : (
        <span className="sub">
          set <code>{SETUP[channel.kind]}</code>
        </span>
      )}
      {channel.lastError ? (
        <span className="basis-full text-xs">
          last trouble: <Quoted text={channel.lastError} max={300} />
        </span>
      ) : null}
    </li>
  );
}

/** How people hear of a held call when they are not looking. */
export function NoticesSection() {
  const { data, error } = useQuery(noticesQuery);
  const none = data && !data.channels.some((channel) => channel.configured);
  return (
    <Section id="notices" title="Notices" sub="Sent when a call is held, without any text of the caller’s.">
      <Failure error={error} />
      {none ? (
        <Callout tone="warn">
          No channel is set up: only people who look at this console learn of held calls.
        </Callout>
      ) : null}
      <ul className="panel overflow-clip">
        {data?.channels.map((channel) => (
          <Row key={channel.kind} channel={channel} />
        ))}
      </ul>
    </Section>
  );
}
