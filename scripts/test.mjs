import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureAgentBuilt, ensureBuilt } from "./lib/build.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { repository } from "./lib/paths.mjs";

/** @typedef {import("./lib/processes.mjs").Supervisor} Supervisor */
/** @typedef {{ passed: number, failed: number }} Count */

/**
 * Types, lint, then every vitest project but the long one. With filters, only what they match in vitest.
 * @param {Supervisor} supervisor @param {string[]} filters
 * @param {{ project?: string }} [options] which of vitest's projects
 */
export async function main(supervisor, filters, { project = "!long" } = {}) {
  await ensureInstalled(supervisor, join(repository, "test/peers"));
  await ensureInstalled(supervisor, join(repository, "scripts/demo"));
  await ensureAgentBuilt(supervisor);

  /** @type {Count[]} */
  const counts = [await countBuild(supervisor)];
  if (filters.length === 0) {
    counts.push(await countTool(supervisor, "types", ["node_modules/typescript/bin/tsc", "--noEmit"]));
    counts.push(await countTool(supervisor, "lint", ["node_modules/@biomejs/biome/bin/biome", "check", "."]));
  }
  counts.push(await countVitest(supervisor, [`--project=${project}`, ...filters]));

  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** A build that works is what the tests stand on, not a test. */
/** @param {Supervisor} supervisor @returns {Promise<Count>} */
async function countBuild(supervisor) {
  try {
    await ensureBuilt(supervisor);
    return { passed: 0, failed: 0 };
  } catch (error) {
    supervisor.ending.throwIfAborted();
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

/** @param {Supervisor} supervisor @param {string} name @param {string[]} args @returns {Promise<Count>} */
async function countTool(supervisor, name, args) {
  const { code } = await supervisor.run(name, process.execPath, args, { cwd: repository, output: "plain" });
  console.log(`${code === 0 ? "✓" : "✗"} ${name}`);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @param {Supervisor} supervisor @param {string[]} args @returns {Promise<Count>} */
async function countVitest(supervisor, args) {
  const folder = mkdtempSync(join(tmpdir(), "assentry-report-"));
  const report = join(folder, "report.json");
  try {
    const vitest = ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json"];
    const { code } = await supervisor.run(
      "vitest",
      process.execPath,
      [...vitest, `--outputFile.json=${report}`, ...args],
      { cwd: repository, output: "plain" },
    );
    const count = readReport(report);
    // Errors outside of any test, and a report that never came, are failures too.
    return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file @returns {Count} skipped and postponed tests count as failed */
function readReport(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(file, "utf8"));
  const broken = report.testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ { status, assertionResults }) =>
      status === "failed" && assertionResults.length === 0,
  ).length;
  return { passed: report.numPassedTests, failed: report.numTotalTests - report.numPassedTests + broken };
}
