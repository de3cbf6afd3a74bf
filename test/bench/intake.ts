import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { agentConfig, readFlags } from "../../agent/src/config";
import { ConsoleClient } from "../../agent/src/console";
import { enrol } from "../../agent/src/enrol";
import { newId as newAgentId } from "../../agent/src/ids";
import { StateDir } from "../../agent/src/state-dir";
import type { BenchConsole } from "./console-api";
import { monotonic } from "./held";
import { ms, quantile, type Section, whole } from "./stats";

const BATCH = 200;
const RUN_MS = 2500;
const DRAIN_MS = 60_000;

/** What an agent reports of one allowed call: that it passes, and how it ended. */
function callEvents(): object[] {
  const at = new Date().toISOString();
  const call = newAgentId("cal");
  const digest = "0123456789abcdef".repeat(4);
  return [
    {
      ...{ type: "call.allowed", at, call, method: "tools/call", tool: "echo", toolDigest: digest },
      caller: { key: "os:bench", kind: "os_user", name: "bench" },
      ...{ fingerprint: digest, rule: null, policyVersion: 1, flagged: false },
    },
    {
      ...{ type: "call.finished", at, call, request: null, outcome: "executed" },
      ...{ resultFingerprint: digest, durationMs: 1.5 },
    },
  ];
}

/** One instance that sends as fast as its batches are taken. */
async function write(client: ConsoleClient, until: number, took: number[]): Promise<number> {
  const instance = newAgentId("ins");
  let seq = 0;
  while (monotonic() < until) {
    const events = Array.from({ length: BATCH / 2 }, callEvents)
      .flat()
      .map((event) => ({ seq: ++seq, event }));
    const body = JSON.stringify({ instance, position: null, events });
    const sent = monotonic();
    if ((await client.events(body)) !== seq) throw new Error("events were lost");
    took.push(monotonic() - sent);
  }
  return seq;
}

/** Until every entry has its place in the log; entries a second. */
async function drained(database: Client): Promise<{ queued: number; rate: number }> {
  const left = async () =>
    Number((await database.query("select count(*)::int as n from audit_queue")).rows[0].n);
  const queued = await left();
  const started = monotonic();
  let rest = queued;
  while (rest > 0 && monotonic() - started < DRAIN_MS) {
    await sleep(50);
    rest = await left();
  }
  return { queued, rate: ((queued - rest) / (monotonic() - started)) * 1000 };
}

/** An enrolled agent without a server behind it. */
async function agentOf(console: BenchConsole, server: string): Promise<ConsoleClient> {
  const { stateDir, env } = await console.agent("run", server, []);
  const flags = ["--console", console.url, "--server", server, "--state-dir", stateDir];
  const dir = StateDir.open(stateDir);
  const identity = await enrol(dir, agentConfig(readFlags(flags), env as NodeJS.ProcessEnv), dir.key());
  return new ConsoleClient(identity.consoleUrl, identity.agentId, identity.key);
}

/** How many events of allowed calls the console takes, and how fast they are ordered into the log. */
export async function intake(console: BenchConsole): Promise<Section[]> {
  const servers = ["bench-intake", "bench-intake-b", "bench-intake-c", "bench-intake-d"];
  const agents: ConsoleClient[] = [];
  for (const server of servers) agents.push(await agentOf(console, server));
  const database = new Client({ connectionString: console.ownerUrl });
  await database.connect();
  const rows: string[][] = [];
  try {
    for (const writers of [1, agents.length]) {
      const writing = agents.slice(0, writers);
      await Promise.all(writing.map((agent) => write(agent, monotonic() + 300, [])));
      const took: number[] = [];
      const started = monotonic();
      const counts = await Promise.all(writing.map((agent) => write(agent, started + RUN_MS, took)));
      const total = counts.reduce((sum, count) => sum + count, 0);
      const rate = (total / (monotonic() - started)) * 1000;
      const name = `${writers} ${writers === 1 ? "agent" : "agents"}, ${BATCH} events a request`;
      rows.push([name, whole(rate), ms(quantile(took, 0.5)), ms(quantile(took, 0.99))]);
    }
    const { queued, rate } = await drained(database);
    rows.push([`ordered into the log (${whole(queued)} were left)`, whole(rate), "", ""]);
  } finally {
    await database.end();
    for (const agent of agents) agent.close();
  }
  return [
    {
      title: "Intake of events",
      text: [
        "An allowed call is two events: that it passes, and how it ended. They are signed, numbered and taken in batches, each one an audit entry. Meanwhile the sequencer gives entries their place in the log, on the same cores.",
      ],
      table: { head: ["", "events a second", "request p50 ms", "p99 ms"], rows },
    },
  ];
}
