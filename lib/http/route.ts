import type { z } from "zod";
import { resolveContext } from "@/lib/auth/resolve-context";
import type { Verb } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { noteRefusal } from "./refusals";
import { errorResponse, json, parseJson, readBody } from "./respond";

interface RouteContext {
  /** undefined for a route without a dynamic segment */
  params: Promise<Record<string, string | string[] | undefined> | undefined>;
}

interface Spec<I, O> {
  verb: Verb<I, O>;
  /** what the route sends; parsed again on the way out, so that no column leaves by accident */
  output: z.ZodType<O>;
  status?: number;
  /** name of the path parameter(s) merged into the input; query parameters and body are merged as well */
  params?: readonly string[];
  /** anonymous callers reach the verb (health, openapi) */
  open?: boolean;
}

/**
 * Session or token → context → verb → envelope. The input is the path parameters over the body (or over the query
 * string for GET); the verb parses it. Failure is always `{ error: { code, message, issues?, details?, requestId } }`.
 */
export function route<I, O>(spec: Spec<I, O>) {
  return async (request: Request, { params }: RouteContext): Promise<Response> => {
    const httpRequestId = newId("http");
    let context: Context | null = null;
    try {
      context = await resolveContext(request, httpRequestId);
      if (context.type === "anonymous" && !spec.open)
        throw new AppError("unauthenticated", "Sign in, or send an API token.");
      const url = new URL(request.url);
      const given: unknown =
        request.method === "GET" ? Object.fromEntries(url.searchParams) : parseJson(await readBody(request));
      if (typeof given !== "object" || given === null || Array.isArray(given)) {
        throw new AppError("malformed", "The body must be a JSON object.");
      }
      const path = (await params) ?? {};
      const input: Record<string, unknown> = { ...given };
      for (const name of spec.params ?? []) input[name] = path[name];
      if (Object.values(input).some((value) => typeof value === "string" && value.includes("\0"))) {
        throw new AppError("malformed", "U+0000 is not taken.");
      }
      const result = await spec.verb(context, input as I);
      return json(spec.output.parse(result), spec.status ?? 200, httpRequestId);
    } catch (error) {
      await noteRefusal(context, request, error, httpRequestId);
      return errorResponse(error, httpRequestId);
    }
  };
}
