import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { BenchConsole } from "./console-api";
import { monotonic } from "./held";
import { ms, quantile, type Section, whole } from "./stats";

const ENTRIES = 100_000;
const TIMES = 40;
const ORDER_MS = 90_000;

/** Entries as they would have come over some days: 20 servers, 200 people, ten actions. By the database's owner, here only. */
const SEED = `
  insert into audit_entries (time, id, actor_type, actor_id, actor_name, action, subject_type, subject_id, subject_name,
    outcome, reason, server_id, detail)
  select greatest(date_trunc('month', now()), now() - interval '20 days')
      + (now() - greatest(date_trunc('month', now()), now() - interval '20 days')) * (n::float8 / $1),
    'evt_' || lpad(n::text, 26, '0'), 'person', 'usr_bench' || n % 200, 'Person ' || n % 200,
    (array['request.approve','request.deny','request.create','request.release','call.allow','call.finish','call.refuse',
      'session.start','policy.publish','server.list'])[1 + n % 10],
    'tool', 'tool_' || n % 500, 'tool number ' || n % 500, case n % 17 when 0 then 'refused' else 'success' end,
    case n % 1000 when 0 then 'a reason with the word needle' end, 'srv_bench' || n % 20, '{}'::jsonb
  from generate_series(1, $1::int) n`;

/** A browser's session cookie for the owner. */
async function signIn({ url }: BenchConsole): Promise<string> {
  const cookies = (response: Response) =>
    response.headers.getSetCookie().map((line) => line.split(";")[0] as string);
  const asked = await fetch(`${url}/api/auth/csrf`);
  const { csrfToken } = (await asked.json()) as { csrfToken: string };
  const fields = {
    csrfToken,
    email: process.env.ASSENTRY_OWNER_EMAIL ?? "",
    password: process.env.ASSENTRY_OWNER_PASSWORD ?? "",
  };
  const signedIn = await fetch(`${url}/api/auth/callback/credentials`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: cookies(asked).join("; "), origin: url },
    body: new URLSearchParams(fields),
  });
  return [...cookies(asked), ...cookies(signedIn)].join("; ");
}

async function timed(work: () => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  for (let i = -5; i < TIMES; i++) {
    const started = monotonic();
    await work();
    if (i >= 0) took.push(monotonic() - started);
  }
  return took;
}

/** What a full trail costs whoever looks at it. */
export async function lists(console: BenchConsole): Promise<Section[]> {
  const database = new Client({ connectionString: console.ownerUrl });
  await database.connect();
  let total = 0;
  try {
    await database.query(SEED, [ENTRIES]);
    const deadline = monotonic() + ORDER_MS;
    const queued = async () => (await database.query("select 1 from audit_queue limit 1")).rowCount !== 0;
    while ((await queued()) && monotonic() < deadline) await sleep(200);
    await database.query("analyze");
    total = Number((await database.query("select count(*)::int as n from audit_entries")).rows[0].n);
  } finally {
    await database.end();
  }
  const rows: string[][] = [];
  const add = (name: string, took: number[]) =>
    rows.push([name, ms(quantile(took, 0.5)), ms(quantile(took, 0.99))]);
  const get = async (path: string) => {
    const { status, body } = await console.api("GET", path);
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body;
  };
  const api = async (name: string, path: string) =>
    add(name, await timed(async () => void (await get(path))));

  await api("trail, newest 50", "/audit?limit=50");
  let { nextCursor } = await get("/audit?limit=200");
  for (let i = 0; i < 20; i++) nextCursor = (await get(`/audit?limit=200&cursor=${nextCursor}`)).nextCursor;
  await api("trail, page after 4,000 entries", `/audit?limit=50&cursor=${nextCursor}`);
  await api("trail of one server", "/audit?limit=50&server=srv_bench7");
  await api("trail of one person, by name", "/audit?limit=50&actor=Person%2077");
  await api("trail of one action", "/audit?limit=50&action=request.deny");
  await api("trail, search that finds 100", "/audit?limit=50&q=needle");
  await api("trail, search that finds nothing", "/audit?limit=50&q=nothingofthekind");
  await api("inbox, waiting", "/requests?state=waiting&limit=50");
  await api("inbox, history", "/requests?state=history&limit=50");
  await api("servers", "/servers");
  await api("tools", "/tools");
  const cookie = await signIn(console);
  for (const path of ["/audit", "/requests", "/servers"]) {
    const page = async () => {
      const response = await fetch(`${console.url}${path}`, { headers: { cookie }, redirect: "manual" });
      const text = await response.text();
      if (response.status !== 200 || !text.includes("</html>"))
        throw new Error(`${path} answered ${response.status}`);
    };
    add(`page ${path}, rendered`, await timed(page));
  }
  return [
    {
      title: `Lists, with ${whole(total)} entries in the trail`,
      text: [
        "The whole request as a client on the same machine sees it: authentication, query and answer, or the page's HTML.",
      ],
      table: { head: ["", "p50 ms", "p99 ms"], rows },
    },
  ];
}
