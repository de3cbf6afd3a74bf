import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { checkoutLocks, repository } from "./paths.mjs";

/** @typedef {import("./processes.mjs").Supervisor} Supervisor */

const consoleSources = ["app", "components", "lib", "db", "agent/contract", "public", "package-lock.json"];
const agentSources = [
  "agent/src",
  "agent/contract",
  "agent/build.js",
  "agent/package.json",
  "package-lock.json",
];
/** In the repository's root every source counts, except the tools' own settings. */
const rootSource = /\.(ts|js|mjs|json)$/;
const notSources = /^(package(-lock)?|biome|vitest\.config|drizzle\.config|next-env\.d)\./;

/**
 * Builds the console for production if its sources changed since the last build.
 * @param {Supervisor} supervisor @param {{ log?: (line: string) => void }} [options]
 */
export async function ensureBuilt(supervisor, { log = console.log } = {}) {
  const rootFiles = readdirSync(repository).filter((name) => rootSource.test(name) && !notSources.test(name));
  await once(supervisor, {
    name: "console",
    sources: [...consoleSources, ...rootFiles],
    stamp: ".next/.assentry-build",
    product: ".next/BUILD_ID",
    command: ["node_modules/next/dist/bin/next", "build"],
    log,
  });
}

/**
 * Builds the agent if its sources changed since the last build.
 * @param {Supervisor} supervisor @param {{ log?: (line: string) => void }} [options]
 */
export async function ensureAgentBuilt(supervisor, { log = console.log } = {}) {
  if (!existsSync(join(repository, "agent/build.js"))) return;
  await once(supervisor, {
    name: "agent",
    sources: agentSources,
    stamp: "node_modules/.assentry-agent-build",
    product: "agent/dist",
    command: ["agent/build.js"],
    log,
  });
}

/**
 * @param {Supervisor} supervisor
 * @param {{ name: string, sources: string[], stamp: string, product: string, command: string[], log: (line: string) => void }} what
 */
async function once(supervisor, { name, sources, stamp, product, command, log }) {
  const stampFile = join(repository, stamp);
  const isBuilt = () =>
    existsSync(join(repository, product)) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, "utf8").trim() === digest(sources);
  if (isBuilt()) return;

  const build = async () => {
    if (isBuilt()) return;
    const before = digest(sources);
    log(`Building the ${name} …`);
    const { code, output } = await supervisor.run(`build ${name}`, process.execPath, command, {
      cwd: repository,
      output: "hide",
      env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    });
    if (code !== 0) throw new Error(`Building the ${name} failed:\n${output.trim()}`);
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, `${before}\n`);
  };
  const onWait = () => log(`Waiting for another process that builds the ${name}`);
  await withLock(join(checkoutLocks, `build-${name}`), build, { onWait, signal: supervisor.ending });
}

/** @param {string[]} sources */
function digest(sources) {
  const hash = createHash("sha256");
  for (const file of sources.flatMap((path) => filesIn(path)).sort()) {
    hash.update(`${file}\0`).update(
      createHash("sha256")
        .update(readFileSync(join(repository, file)))
        .digest(),
    );
  }
  return hash.digest("hex");
}

/** @param {string} path relative to the repository @returns {string[]} */
function filesIn(path) {
  const entry = lstatSync(join(repository, path), { throwIfNoEntry: false });
  if (!entry) return [];
  if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
  return readdirSync(join(repository, path)).flatMap((name) => filesIn(join(path, name)));
}
