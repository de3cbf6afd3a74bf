const { mkdirSync, readdirSync, renameSync, statSync } = require("node:fs");
const { dirname, join } = require("node:path");

const ROOT = __dirname;
const TARGET = join(ROOT, "dist", "main.mjs");
const EXTERNAL = ["zod", "@bufbuild/cel", "@bufbuild/cel/*", "@bufbuild/protobuf", "@bufbuild/protobuf/*"];

/** Newest modification time below a folder, in milliseconds; 0 when it is not there. */
function newest(folder) {
  let latest = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
    }
    return Math.max(latest, statSync(folder).mtimeMs);
  } catch (error) {
    if (error.code === "ENOENT") return 0;
    throw error;
  }
}

/** True when the sources are there and the built file is missing or older than they are. */
function isStale() {
  const sources = Math.max(newest(join(ROOT, "src")), newest(join(ROOT, "contract")));
  if (sources === 0) return false;
  const own = statSync(__filename).mtimeMs;
  try {
    return statSync(TARGET).mtimeMs < Math.max(sources, own);
  } catch {
    return true;
  }
}

/** Bundles src and contract into dist/main.mjs. Processes that build at once each put a whole file in place. */
function build() {
  const { buildSync } = require("esbuild");
  const fresh = `${TARGET}.${process.pid}.tmp`;
  mkdirSync(dirname(TARGET), { recursive: true });
  buildSync({
    entryPoints: [join(ROOT, "src", "main.ts")],
    outfile: fresh,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: EXTERNAL,
    logLevel: "error",
    legalComments: "none",
  });
  renameSync(fresh, TARGET);
}

module.exports = { build, isStale, TARGET };
if (require.main === module) build();
