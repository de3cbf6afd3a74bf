import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { STATUS } from "@/lib/core/errors";
import { OPERATIONS, openApiDocument } from "@/lib/http/openapi";

const ROOT = path.resolve(import.meta.dirname, "../../app/api/v1");

/** Every method that a route file exports, as the description writes it. */
function routes(folder = ""): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return routes(name);
    if (entry.name !== "route.ts") return [];
    const methods = readFileSync(path.join(ROOT, name), "utf8").matchAll(
      /^export (?:const|(?:async )?function) ([A-Z]+)\b/gm,
    );
    return [...methods].map(([, method]) => `${method} ${folder.replace(/\[(\w+)\]/g, "{$1}")}`);
  });
}

const document = openApiDocument({ version: "0", url: "https://console.example.test" }) as {
  paths: Record<string, Record<string, { responses: Record<string, unknown>; operationId: string }>>;
  components: { schemas: Record<string, unknown> };
};
const described = Object.entries(document.paths).flatMap(([route, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${route}`),
);

describe("the API's description", () => {
  it("names every route that there is, and no other", () => {
    expect(routes().length).toBeGreaterThan(30);
    expect(described.sort()).toEqual(routes().sort());
    expect(OPERATIONS).toHaveLength(described.length);
  });

  it("is whole: every reference leads somewhere, operations have names of their own, statuses are ours", () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    const known = Object.keys(document.components.schemas);
    expect(references.length).toBeGreaterThan(50);
    expect(references.filter((name) => !known.includes(name as string))).toEqual([]);
    expect(text).not.toContain('"$id"');
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(new Set(operations.map((o) => o.operationId)).size).toBe(operations.length);
    const statuses = new Set(operations.flatMap((o) => Object.keys(o.responses)).map(Number));
    for (const status of statuses) expect([200, 201, ...Object.values(STATUS)]).toContain(status);
  });

  it("says who may: open to anybody are the description and health alone", () => {
    const open = OPERATIONS.filter((o) => o.access === "open").map((o) => o.path);
    expect(open).toEqual(["/openapi.json", "/health"]);
    const decision = document.paths["/requests/{id}/decision"]?.post;
    expect(decision).toMatchObject({
      "x-roles": ["owner", "admin", "approver"],
      requestBody: {
        content: { "application/json": { schema: { required: ["verdict", "digest"] } } },
      },
    });
    for (const status of [200, 400, 401, 403, 404, 409, 413, 422, 503]) {
      expect(Object.keys(decision?.responses ?? {})).toContain(String(status));
    }
  });
});
