import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { fingerprint } from "@/lib/core/crypto";

/** Failed attempts within a quarter of an hour: of one account from one source, of one source, of one account. */
const LIMITS = { pair: 5, source: 30, account: 100 };

export interface Attempt {
  keys: { pair: string; source: string; account: string };
  /** how many attempts beyond the limit this is; 0: go on */
  excess: number;
}

/**
 * Counts an attempt before the password is looked at, so that attempts at the same moment cannot pass together.
 * `account` is what was typed, known or not: the answer is the same for both.
 */
export async function countAttempt(account: string, ip: string | null): Promise<Attempt> {
  const who = fingerprint("sign-in", account).slice(0, 32);
  const source = ip ?? "unknown";
  const keys = {
    pair: `sign-in:pair:${who}:${source}`,
    source: `sign-in:source:${source}`,
    account: `sign-in:account:${who}`,
  };
  // The counter's own order tells attempts of the same moment apart; earlier minutes no longer change.
  const { rows } = await db().execute<{ key: string; n: number }>(sql`
    with counted as (
      insert into throttles (key, "window", count)
      select key, date_trunc('minute', now()), 1
      from unnest(array[${keys.source}, ${keys.account}, ${keys.pair}]::text[]) as key
      on conflict (key, "window") do update set count = throttles.count + 1
      returning key, "window", count
    )
    select c.key, c.count + coalesce((
      select sum(t.count) from throttles t
      where t.key = c.key and t."window" < c."window" and t."window" > now() - interval '15 minutes'
    ), 0)::int as n from counted c`);
  const n = new Map(rows.map((row) => [row.key, row.n]));
  const beyond = (["pair", "source", "account"] as const).map((k) => (n.get(keys[k]) ?? 0) - LIMITS[k]);
  return { keys, excess: Math.max(0, ...beyond) };
}

/** The password was right: this account from this source starts anew, and this attempt counts nowhere. */
export async function forgiveAttempt({ keys }: Attempt): Promise<void> {
  await db().execute(sql`delete from throttles where key = ${keys.pair}`);
  for (const key of [keys.source, keys.account]) {
    await db().execute(sql`
      update throttles set count = greatest(count - 1, 0)
      where key = ${key} and "window" = (select max("window") from throttles where key = ${key})`);
  }
  await db().execute(sql`delete from throttles where "window" < now() - interval '1 day'`);
}
