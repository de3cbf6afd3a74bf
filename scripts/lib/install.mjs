import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { withLock } from "./lock.mjs";
import { checkoutLocks, repository } from "./paths.mjs";

/** @typedef {import("./processes.mjs").Supervisor} Supervisor */

/**
 * Installs what a folder's package-lock.json says, if that has not been done yet. A folder without
 * package.json is left alone. No package's own scripts are run.
 * @param {Supervisor} supervisor
 * @param {string} [folder]
 * @param {{ log?: (line: string) => void }} [options]
 */
export async function ensureInstalled(supervisor, folder = repository, { log = console.log } = {}) {
  const place = relative(repository, folder) || "packages";
  if (!existsSync(join(folder, "package.json")) || isInstalled(folder)) return;
  const lock = join(checkoutLocks, `install-${place.replaceAll(/\W+/g, "-")}`);
  const onWait = () => log(`Waiting for another process that installs ${place}`);
  await withLock(
    lock,
    async () => {
      if (isInstalled(folder)) return;
      log(`Installing ${place} …`);
      const { code, output } = await supervisor.run("npm", ...npm("ci"), {
        cwd: folder,
        output: "hide",
        env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" },
      });
      if (code !== 0) throw new Error(`npm ci failed in ${folder}:\n${output.trim()}`);
      recordInstall(folder);
    },
    { onWait, signal: supervisor.ending },
  );
}

/** @param {string} command @returns {[string, string[]]} */
function npm(command) {
  const args = [
    command,
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
  ];
  const cli = process.env.npm_execpath;
  return cli?.endsWith(".js") ? [process.execPath, [cli, ...args]] : ["npm", args];
}

/** @param {string} folder */
function isInstalled(folder) {
  const stamp = stampFile(folder);
  if (existsSync(stamp)) return readFileSync(stamp, "utf8").trim() === wanted(folder);
  if (!matchesLockfile(folder)) return false;
  try {
    recordInstall(folder);
  } catch {}
  return true;
}

/** @param {string} folder */
function recordInstall(folder) {
  writeFileSync(stampFile(folder), `${wanted(folder)}\n`);
}

/** @param {string} folder */
function wanted(folder) {
  return createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
}

/** @param {string} folder */
function stampFile(folder) {
  return join(folder, "node_modules", ".assentry-install");
}

/**
 * Whether somebody has already run a plain `npm install` or `npm ci` with this very lockfile: npm notes what it
 * installed. Packages for other systems are rightly missing.
 * @param {string} folder
 */
function matchesLockfile(folder) {
  try {
    const read = (/** @type {string} */ file) =>
      JSON.parse(readFileSync(join(folder, file), "utf8")).packages;
    const installed = read("node_modules/.package-lock.json");
    return Object.entries(read("package-lock.json")).every(([path, entry]) => {
      if (!path.startsWith("node_modules/")) return true;
      const found = installed[path];
      return found ? found.version === entry.version && found.link === entry.link : entry.optional === true;
    });
  } catch {
    return false;
  }
}
