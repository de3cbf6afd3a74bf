import { main as test } from "./test.mjs";

/**
 * The tests that take long: kill loops, long holds, large numbers. They are vitest's project `long`.
 * @param {import("./lib/processes.mjs").Supervisor} supervisor @param {string[]} filters
 */
export function main(supervisor, filters) {
  return test(supervisor, filters, { project: "long" });
}
