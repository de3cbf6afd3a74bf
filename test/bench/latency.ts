import { timeCall } from "./clients";
import type { BenchConsole } from "./console-api";
import { openPaths, type Path } from "./paths";
import { ms, quantile, type Section, shuffle } from "./stats";

const WARM_UP = 200;
const ROUNDS = 1000;
const TEXT = "a short text, as most calls have";
const TITLES = {
  stdio: "stdio in front of stdio",
  http: "Streamable HTTP in front of Streamable HTTP",
  "http to stdio": "Streamable HTTP in front of a stdio command",
};

interface Figures {
  path: Path;
  p50: number;
  p99: number;
  added: number;
  addedTail: number;
}

/** One call on every path in each round, in a new random order each time, so that what disturbs disturbs all alike. */
async function interleaved(paths: readonly Path[]): Promise<Map<Path, number[]>> {
  const samples = new Map<Path, number[]>(paths.map((path) => [path, []]));
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const path of shuffle([...paths])) {
      const took = await timeCall(path.peer, TEXT);
      if (round >= 0) samples.get(path)?.push(took);
    }
  return samples;
}

function figures(samples: Map<Path, number[]>): Figures[] {
  const at = (path: Path, share: number) => quantile(samples.get(path) ?? [], share);
  const direct = (against: string, share: number) => {
    const controls = [...samples.keys()].filter(({ kind, group }) => kind === "direct" && group === against);
    return controls.reduce((sum, path) => sum + at(path, share), 0) / controls.length;
  };
  return [...samples.keys()].map((path) => ({
    path,
    p50: at(path, 0.5),
    p99: at(path, 0.99),
    added: at(path, 0.5) - direct(path.against, 0.5),
    addedTail: at(path, 0.99) - direct(path.against, 0.99),
  }));
}

function section(group: Path["group"], all: readonly Figures[]): Section {
  const mine = all.filter(({ path }) => path.group === group);
  const ours = mine.find(({ path }) => path.kind === "ours") as Figures;
  const shown = group === "http to stdio" ? [...all.filter(isStdioDirect), ...mine] : mine;
  const peers = mine.filter(({ path }) => path.kind === "peer");
  const best = Math.min(...peers.map(({ added }) => added));
  const direct = all.filter(({ path }) => path.kind === "direct" && path.group === ours.path.against);
  const apart = Math.abs((direct[0] as Figures).p50 - (direct[1] as Figures).p50);
  const text = [
    `Two equal direct paths differ by ${ms(apart)} ms at p50: less than that is noise.`,
    peers.length > 0
      ? `Assentry adds ${ms(ours.added)} ms, ${(ours.added / best).toFixed(2)} of what the better peer adds (goal: at most 0.50).`
      : `No peer relays this way; the ${group === "stdio" ? "bare pipe" : "bare forwarder"} reads nothing and decides nothing, and is what any process in between costs.`,
  ];
  const rows = shown.map(({ path, p50, p99, added, addedTail }) => {
    const isDirect = path.kind === "direct";
    const name = path.group === group ? path.name : `${path.name}, stdio`;
    const change = isDirect ? ["", ""] : [ms(added), ms(addedTail)];
    const ratio = isDirect || path === ours.path ? "" : (ours.added / added).toFixed(2);
    return [name, ms(p50), ms(p99), ...change, ratio];
  });
  const head = ["path", "p50 ms", "p99 ms", "added p50", "added p99", "ours / this"];
  return { title: `Allowed call, ${TITLES[group]}`, text, table: { head, rows } };
}

const isStdioDirect = ({ path }: Figures) => path.kind === "direct" && path.group === "stdio";

/** What standing in between costs a call that the rules allow. */
export async function latency(console: BenchConsole): Promise<Section[]> {
  const paths = await openPaths(console);
  try {
    const all = figures(await interleaved(paths));
    const groups = [...new Set(paths.map(({ group }) => group))];
    return groups.map((group) => section(group, all));
  } finally {
    await Promise.all(paths.map(({ peer }) => peer.close()));
  }
}
