"use client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/components/shell/use-status";
import { Failure } from "@/components/ui/bits";
import { Plus } from "@/components/ui/icons";
import { Tag } from "@/components/ui/tag";
import { Ago, Time } from "@/components/ui/time";
import type { TokenView } from "@/lib/auth/schemas";
import { AddToken } from "./add-token";
import { revokeToken, tokensQuery } from "./queries";
import { Section } from "./section";

function Row({ token, manage, asOf }: { token: TokenView; manage: boolean; asOf: number }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeToken(token.id),
    onSettled: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const ended = token.expiresAt !== null && Date.parse(token.expiresAt) < asOf;
  return (
    <tr>
      <td data-label="Token">
        <div>
          <span className="font-medium">{token.name}</span>{" "}
          {token.revokedAt ? <Tag tone="bad">revoked</Tag> : null}
          {ended && !token.revokedAt ? <Tag tone="plain">expired</Tag> : null}
          <div className="sub text-xs">made by {token.createdBy?.name ?? "the command line"}</div>
        </div>
      </td>
      <td data-label="Role">{token.role}</td>
      <td data-label="Expires">
        {token.expiresAt ? <Time iso={token.expiresAt} /> : <span className="text-warn">never</span>}
      </td>
      <td data-label="Last used" className="sub">
        {token.lastUsedAt ? <Ago iso={token.lastUsedAt} asOf={asOf} /> : "never"}
      </td>
      {manage ? (
        <td data-label="">
          {token.revokedAt ? null : (
            <button
              type="button"
              className="btn no"
              disabled={revoke.isPending}
              onClick={() => revoke.mutate()}
            >
              Revoke<span className="sr-only"> {token.name}</span>
            </button>
          )}
          <Failure error={revoke.error} />
        </td>
      ) : null}
    </tr>
  );
}

/** What scripts act with; each is a principal of its own in the log. */
export function TokensSection() {
  const { data, error, dataUpdatedAt, hasNextPage, fetchNextPage } = useInfiniteQuery(tokensQuery);
  const manage = useMay()("tokens.manage");
  const [adding, setAdding] = useState(false);
  const tokens = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      id="tokens"
      title="API tokens"
      action={
        manage ? (
          <button type="button" className="btn" onClick={() => setAdding(true)}>
            <Plus size={14} /> Create a token…
          </button>
        ) : null
      }
    >
      <Failure error={error} />
      {data && tokens.length === 0 ? <p className="sub panel p-4">No token has been made.</p> : null}
      {tokens.length > 0 ? (
        <div className="panel overflow-x-auto">
          <table className="grid-table stack">
            <thead>
              <tr>
                <th scope="col">Token</th>
                <th scope="col">Role</th>
                <th scope="col">Expires</th>
                <th scope="col">Last used</th>
                {manage ? <th scope="col">Change</th> : null}
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <Row key={token.id} token={token} manage={manage} asOf={dataUpdatedAt} />
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {hasNextPage ? (
        <button type="button" className="btn self-start" onClick={() => void fetchNextPage()}>
          Load more
        </button>
      ) : null}
      <AddToken open={adding} onClose={() => setAdding(false)} />
    </Section>
  );
}
