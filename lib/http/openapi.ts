import { z } from "zod";
import { policyDocument } from "@/agent/contract/policy";
import { ROLES } from "@/agent/contract/vocabulary";
import { type ErrorCode, STATUS } from "@/lib/core/errors";
import { allows } from "@/lib/core/permissions";
import { CORE_OPERATIONS, type Operation } from "./openapi-operations";
import { OUTPUTS } from "./openapi-outputs";
import { PEOPLE } from "./openapi-people";

type Json = Record<string, unknown>;

export const OPERATIONS: readonly Operation[] = [...CORE_OPERATIONS, ...PEOPLE];

const MEANING: Record<number, string> = {
  400: "The request is not well-formed",
  401: "Nobody is signed in, or the token is unknown, revoked or expired",
  403: "Not allowed to this role, or a change that did not come from the console's own pages",
  404: "There is no such thing, or it does not exist for this caller",
  409: "The state does not allow it (any more)",
  413: "The body is too large",
  422: "Well-formed, but refused",
  429: "Too many attempts",
  500: "Something went wrong; quote the request id",
  503: "Not ready, or the database cannot be reached; nothing was changed",
};

const errorSchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(Object.keys(STATUS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  }),
});

function schemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(OUTPUTS)) registry.add(schema, { id });
  registry.add(errorSchema, { id: "Error" });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const made = z.toJSONSchema(registry, { uri, io: "output" }).schemas;
  const input = z.toJSONSchema(policyDocument, { io: "input", unrepresentable: "any" });
  return Object.fromEntries(
    Object.entries({ ...made, PolicyDocument: input }).map(([id, schema]) => {
      const { $schema: _, $id: __, ...rest } = schema as Json;
      return [id, rest];
    }),
  );
}

interface InputSchema {
  properties: Record<string, Json>;
  required: string[];
}

/** What a caller sends besides the path: the path's own parameters are taken out. */
function inputOf(operation: Operation, inPath: readonly string[]): InputSchema {
  const { input } = operation;
  const schema = input ? (z.toJSONSchema(input, { io: "input" }) as Partial<InputSchema>) : {};
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter(([name]) => !inPath.includes(name)),
  );
  if ("document" in properties) properties.document = { $ref: "#/components/schemas/PolicyDocument" };
  return { properties, required: (schema.required ?? []).filter((name) => !inPath.includes(name)) };
}

/** Codes that an operation can answer with, by status. */
export function errorsOf(operation: Operation): Map<number, ErrorCode[]> {
  const codes: ErrorCode[] = [...(operation.errors ?? [])];
  if (operation.access !== "open") codes.push("unauthenticated", "forbidden");
  if (operation.method !== "get") codes.push("malformed", "bad_origin", "too_large");
  codes.push("internal", "unavailable");
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes))
    byStatus.set(STATUS[code], [...(byStatus.get(STATUS[code]) ?? []), code]);
  return byStatus;
}

const json = (name: string): Json => ({
  "application/json": { schema: { $ref: `#/components/schemas/${name}` } },
});

function responses(operation: Operation): Json {
  const out: Json = {
    [operation.status ?? 200]: { description: "Done", content: json(operation.output) },
  };
  for (const [status, codes] of errorsOf(operation)) {
    out[status] = { description: `${MEANING[status]} (${codes.join(", ")})`, content: json("Error") };
  }
  if (operation.path === "/health") out[503] = { description: "Not ready", content: json("Health") };
  return out;
}

/** Who may: roles by the permission; null where no role is asked for. */
export function rolesOf({ access }: Operation): string[] | null {
  return typeof access === "string" ? null : ROLES.filter((role) => access.some((one) => allows(role, one)));
}

function describe(operation: Operation): Json {
  const { method, path, access } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const { properties, required } = inputOf(operation, inPath);
  const parameters: Json[] = inPath.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const described: Json = {
    operationId: `${method}${path.replace(/[{}.]/g, "").replace(/\/(\w)/g, (_, c) => c.toUpperCase())}`,
    summary: operation.summary,
    tags: [path.split("/")[1]],
    ...(access === "open"
      ? { security: [] }
      : access === "person"
        ? { security: [{ session: [] }] }
        : { "x-permission": access, "x-roles": rolesOf(operation) }),
    responses: responses(operation),
  };
  if (method === "get") {
    for (const [name, schema] of Object.entries(properties)) {
      parameters.push({ name, in: "query", required: required.includes(name), schema });
    }
  } else if (Object.keys(properties).length > 0) {
    const schema = { type: "object", properties, required };
    described.requestBody = { required: required.length > 0, content: { "application/json": { schema } } };
  }
  return parameters.length > 0 ? { ...described, parameters } : described;
}

/** The OpenAPI 3.1 description of /api/v1, made from the schemas that the routes parse by. */
export function openApiDocument({ version, url }: { version: string; url: string }): Json {
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) {
    const standing = paths[operation.path] ?? {};
    paths[operation.path] = { ...standing, [operation.method]: describe(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Assentry",
      version,
      description:
        "Failure is always { error: { code, message, issues?, details?, requestId } }; lists are { items, nextCursor }.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: `${url}/api/v1` }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "ast_ and 64 hex digits" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: url.startsWith("https:") ? "__Host-assentry.session" : "assentry.session",
          description: "A browser's session; changes must carry the console's own Origin",
        },
      },
    },
  };
}
