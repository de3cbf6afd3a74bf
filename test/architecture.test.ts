import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");
const FOLDERS = ["app", "components", "lib", "db", "agent/contract", "agent/src"];

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return entry.name === "migrations" || entry.name === "node_modules" ? [] : filesBelow(name);
    return /\.tsx?$/.test(entry.name) ? [name] : [];
  });
}

const EXTENSIONS = ["", ".ts", ".tsx", "/index.ts"];
const FILES = FOLDERS.flatMap(filesBelow);
const known = new Set(FILES);

function resolve(from: string, target: string): string {
  const base = target.startsWith("@/") ? target.slice(2) : path.posix.join(path.posix.dirname(from), target);
  return EXTENSIONS.map((end) => base + end).find((name) => known.has(name)) ?? base;
}

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}
const SOURCES = new Map(FILES.map((file) => [file, readFileSync(path.join(ROOT, file), "utf8")]));
const IMPORTS: Import[] = FILES.flatMap((from) => {
  const text = SOURCES.get(from) as string;
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\("([^"]+)"\)/g,
  );
  return [...found].map(([, typeOnly, stated, dynamic]) => {
    const target = (stated ?? dynamic) as string;
    const own = target.startsWith(".") || target.startsWith("@/");
    return { from, to: own ? resolve(from, target) : target, typeOnly: Boolean(typeOnly) };
  });
});

/** lib's rows: a folder imports only from lower rows; within a row folders do not know each other. */
const ROWS = [
  ["core"],
  ["http", "auth", "servers"],
  ["tools", "identities", "audit"],
  ["policy", "notices"],
  ["requests", "checklist"],
  ["intake"],
  ["overview"],
  ["cli"],
];
const rowOf = (folder: string) => ROWS.findIndex((row) => row.includes(folder));
const domainOf = (file: string) => /^lib\/([^/]+)\//.exec(file)?.[1];

/** Sideways on purpose: the border (http) asks auth who speaks, and auth sends its outbound requests through http. */
const SIDEWAYS = new Set(["http>auth", "auth>http"]);

const violations = (test: (i: Import) => boolean) => IMPORTS.filter(test).map((i) => `${i.from} → ${i.to}`);
const inside = (file: string, ...folders: string[]) =>
  folders.some((folder) => file.startsWith(`${folder}/`));

describe("architecture", () => {
  it("sees the whole tree", () => {
    expect(FILES.length).toBeGreaterThan(100);
    expect(IMPORTS.length).toBeGreaterThan(300);
  });

  it("agent/contract is a leaf: zod, CEL, itself; no Node, no DOM", () => {
    expect(
      violations(
        (i) =>
          inside(i.from, "agent/contract") &&
          !inside(i.to, "agent/contract") &&
          !/^(zod$|@bufbuild\/cel)/.test(i.to),
      ),
    ).toEqual([]);
  });

  it("the agent imports the contract, Node, and its few packages", () => {
    expect(
      violations(
        (i) =>
          inside(i.from, "agent/src") &&
          !inside(i.to, "agent/src", "agent/contract") &&
          !/^(node:|zod$|@bufbuild\/)/.test(i.to),
      ),
    ).toEqual([]);
  });

  it("nothing but the contract of the agent is known to the console", () => {
    expect(violations((i) => !inside(i.from, "agent/src") && inside(i.to, "agent/src"))).toEqual([]);
  });

  it("components show: no verb, no database", () => {
    const allowed = (to: string) =>
      inside(to, "components", "agent/contract") ||
      /^lib\/(http\/(session-)?client|core\/(errors|paging|permissions)|[^/]+\/schemas)\.ts$/.test(to) ||
      !/^(lib|db|app|agent)\//.test(to);
    expect(violations((i) => inside(i.from, "components") && !allowed(i.to))).toEqual([]);
  });

  it("pages and routes never touch the database", () => {
    const allowed = (i: Import) => i.to === "db/listen.ts" && i.from === "app/api/events/route.ts";
    expect(violations((i) => inside(i.from, "app") && inside(i.to, "db") && !allowed(i))).toEqual([]);
  });

  it("lib's rows point down", () => {
    const bad = violations((i) => {
      const from = domainOf(i.from);
      const to = domainOf(i.to);
      if (!from || !to || from === to || i.to.endsWith("/schemas.ts")) return false;
      return rowOf(to) >= rowOf(from) && !SIDEWAYS.has(`${from}>${to}`);
    });
    expect(bad).toEqual([]);
    expect(FILES.map(domainOf).filter((d) => d && rowOf(d) === -1)).toEqual([]);
  });

  it("db knows drizzle, its driver and core's configuration only", () => {
    expect(
      violations(
        (i) =>
          inside(i.from, "db") &&
          !inside(i.to, "db") &&
          !/^(drizzle-orm|pg$|zod$|node:|lib\/core\/(env|log|shared)\.ts)/.test(i.to),
      ),
    ).toEqual([]);
  });

  it("has no cycles", () => {
    const edges = new Map<string, string[]>();
    for (const i of IMPORTS) {
      if (!i.typeOnly && known.has(i.to)) edges.set(i.from, [...(edges.get(i.from) ?? []), i.to]);
    }
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]) => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
        return;
      }
      state.set(file, "open");
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
      state.set(file, "done");
    };
    for (const file of FILES) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("reads the environment in one place on each side", () => {
    const allowed = new Set(["lib/core/env.ts", "agent/src/config.ts", "app/instrumentation.ts"]);
    expect(
      FILES.filter((file) => !allowed.has(file) && /\bprocess\.env\b/.test(SOURCES.get(file) as string)),
    ).toEqual([]);
  });

  it("sends nothing out but through lib/http/outbound.ts", () => {
    const sends = /\bfetch\(|\bimport (?!type)[^;]*from "node:https?"|from "undici"/;
    const allowed = (file: string) =>
      file === "lib/http/outbound.ts" ||
      /^lib\/http\/(session-)?client\.ts$/.test(file) ||
      inside(file, "components", "agent/src");
    expect(FILES.filter((file) => !allowed(file) && sends.test(SOURCES.get(file) as string))).toEqual([]);
  });

  it("has no barrels and no server actions", () => {
    expect(FILES.filter((file) => /(^|\/)index\.tsx?$/.test(file))).toEqual([]);
    expect(FILES.filter((file) => /["']use server["']/.test(SOURCES.get(file) as string))).toEqual([]);
  });
});
