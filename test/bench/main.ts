import { writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { type BenchConsole, benchConsole } from "./console-api";
import { decisions } from "./decisions";
import { intake } from "./intake";
import { latency } from "./latency";
import { lists } from "./lists";
import { type Section, tableText } from "./stats";
import { waiting } from "./waiting";

const PARTS: Record<string, (console: BenchConsole) => Promise<Section[]>> = {
  latency,
  decisions,
  waiting,
  intake,
  lists,
};

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${memory} GB of memory, ${platform()} ${arch()}, Node ${process.versions.node}`;
}

const sectionText = ({ title, text, table }: Section, mark: string) =>
  [`${mark}${title}`, "", ...text.flatMap((line) => [line, ""]), tableText(table), ""].join("\n");

function documentText(sections: readonly Section[]): string {
  const intro = [
    "# Measured",
    "",
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}.`,
    "Load, console, Postgres and every measured program share these cores, and other work may run beside them:",
    "ratios inside one run are what counts, not the milliseconds. Figures are not edited by hand.",
    "",
    "",
  ];
  return intro.join("\n") + sections.map((section) => sectionText(section, "## ")).join("\n");
}

/** `npm run bench [-- PART…]`; docs/bench.md is written when every part was run. */
async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0)
    throw new Error(`No such part: ${unknown.join(", ")}. Parts: ${Object.keys(PARTS).join(", ")}`);
  const started = Date.now();
  const bench = await benchConsole();
  const sections: Section[] = [];
  try {
    for (const [name, part] of Object.entries(PARTS)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      for (const section of await part(bench)) {
        sections.push(section);
        console.log(sectionText(section, "\n"));
      }
    }
  } finally {
    bench.close();
  }
  if (wanted.length === 0) writeFileSync("docs/bench.md", documentText(sections));
  console.log(`${machine()}; ${Math.round((Date.now() - started) / 1000)} s`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
