import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { withLock } from "./lock.mjs";
import { checkoutLocks, repository } from "./paths.mjs";

/** @typedef {import("./processes.mjs").Supervisor} Supervisor */

const UNFINISHED = "unfinished";

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
  const work = () =>
    isInstalled(folder) ? undefined : install(supervisor, folder, () => log(`Installing ${place} …`));
  await withLock(lock, work, { onWait, signal: supervisor.ending });
}

/**
 * `npm ci` would refuse a lockfile that was made where packages for other systems could not be had, so this is
 * `npm install` with what matters of it: nothing but the lockfile counts, and nothing half installed stays.
 * @param {Supervisor} supervisor @param {string} folder @param {() => void} announce
 */
async function install(supervisor, folder, announce) {
  const modules = join(folder, "node_modules");
  assertInStep(folder);
  if (readStamp(folder) === UNFINISHED || !existsSync(join(modules, ".package-lock.json"))) {
    rmSync(modules, { recursive: true, force: true });
  }
  announce();
  mkdirSync(modules, { recursive: true });
  writeFileSync(stampFile(folder), `${UNFINISHED}\n`);
  const { code, output } = await supervisor.run("npm", ...npmInstall(), {
    cwd: folder,
    output: "hide",
    env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" },
  });
  if (code !== 0) throw new Error(`The packages could not be installed in ${folder}:\n${output.trim()}`);
  writeFileSync(stampFile(folder), `${lockDigest(folder)}\n`);
}

/** @returns {[string, string[]]} */
function npmInstall() {
  const flags = [
    "--no-save",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
  ];
  const cli = process.env.npm_execpath;
  return cli?.endsWith(".js")
    ? [process.execPath, [cli, "install", ...flags]]
    : ["npm", ["install", ...flags]];
}

/** @param {string} folder */
function assertInStep(folder) {
  const wanted = readJson(join(folder, "package.json"));
  const locked = readJson(join(folder, "package-lock.json")).packages[""];
  for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) {
    if (!isDeepStrictEqual(wanted[kind] ?? {}, locked[kind] ?? {})) {
      throw new Error(
        `${folder}: package-lock.json does not belong to package.json (${kind}). Run npm install.`,
      );
    }
  }
}

/** @param {string} folder */
function isInstalled(folder) {
  const stamp = readStamp(folder);
  if (stamp === UNFINISHED) return false;
  const digest = lockDigest(folder);
  if (stamp === digest) return true;
  if (!matchesLockfile(folder)) return false;
  try {
    writeFileSync(stampFile(folder), `${digest}\n`);
  } catch {
    // Installed by somebody else for us to use; it is only looked at again next time.
  }
  return true;
}

/** @param {string} folder */
function readStamp(folder) {
  const file = stampFile(folder);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** @param {string} folder */
function stampFile(folder) {
  return join(folder, "node_modules", ".assentry-install");
}

/** @param {string} folder */
function lockDigest(folder) {
  return createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
}

/**
 * Whether somebody has already run npm with this very lockfile: npm notes what it installed. Packages for other
 * systems are rightly missing.
 * @param {string} folder
 */
function matchesLockfile(folder) {
  try {
    const installed = readJson(join(folder, "node_modules/.package-lock.json")).packages;
    return Object.entries(readJson(join(folder, "package-lock.json")).packages).every(([path, entry]) => {
      if (!path.startsWith("node_modules/")) return true;
      const found = installed[path];
      if (!found) return entry.optional === true;
      return found.version === entry.version && found.link === entry.link;
    });
  } catch {
    return false;
  }
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
