import { sql } from "drizzle-orm";
import { NextRequest } from "next/server";
import type { Role } from "@/agent/contract/vocabulary";
import { GET, POST } from "@/app/api/auth/[...nextauth]/route";
import { db } from "@/db/client";
import { createUser } from "@/lib/auth/create-user";
import { resolveContext } from "@/lib/auth/resolve-context";
import { systemContext } from "@/lib/core/context";
import { newId } from "@/lib/core/ids";
import type { Json } from "./console";

export const ORIGIN = "http://localhost:3000";
export const PASSWORD = "correct horse battery staple";
export const system = () => systemContext("test", newId("http"));

/** A browser as far as cookies and headers go, in front of the route handlers themselves. */
export class Browser {
  readonly cookies = new Map<string, string>();
  constructor(readonly ip = "203.0.113.9") {}

  request(path: string, init: { method?: string; body?: unknown; headers?: Record<string, string> } = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = init.method ?? "GET";
    const headers = new Headers({ cookie, "user-agent": "test browser", "x-forwarded-for": this.ip });
    if (method !== "GET") headers.set("origin", ORIGIN);
    for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
    const body = init.body instanceof URLSearchParams ? init.body : init.body && JSON.stringify(init.body);
    return new NextRequest(`${ORIGIN}${path}`, {
      method,
      headers,
      body: body as URLSearchParams | string | undefined,
    });
  }

  private keep(response: Response) {
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return response;
  }

  async auth(path: string, fields?: Record<string, string>, headers: Record<string, string> = {}) {
    if (!fields) return this.keep(await GET(this.request(`/api/auth/${path}`, { headers })));
    const { csrfToken } = (await (await this.auth("csrf")).json()) as { csrfToken: string };
    const body = new URLSearchParams({ csrfToken, ...fields });
    const all = { "x-auth-return-redirect": "1", ...headers };
    return this.keep(await POST(this.request(`/api/auth/${path}`, { method: "POST", body, headers: all })));
  }

  /** `ok`, or the code of the refusal. */
  async signIn(email: string, password = PASSWORD): Promise<string> {
    const response = await this.auth("callback/credentials", { email, password });
    const url = new URL(((await response.json()) as { url: string }).url);
    return url.searchParams.get("code") ?? url.searchParams.get("error") ?? "ok";
  }

  context() {
    return resolveContext(this.request("/api/v1/me"), newId("http"));
  }

  async api(
    handler: (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>,
    path: string,
    init: Parameters<Browser["request"]>[1] & { params?: Record<string, string> } = {},
  ): Promise<{ status: number; body: Json }> {
    const params = Promise.resolve(init.params ?? {});
    const response = await handler(this.request(path, init), { params });
    return { status: response.status, body: await response.json() };
  }
}

let made = 0;
/** A local account with PASSWORD; its row's id and e-mail address. */
export async function account(role: Role | null): Promise<{ id: string; email: string }> {
  made += 1;
  const email = `${role ?? "nobody"}${made}@example.org`;
  const { user } = await createUser(system(), { email, role, password: PASSWORD, name: `${role} ${made}` });
  return { id: user.id, email };
}

export async function entries(action: string): Promise<Json[]> {
  const { rows } = await db().execute(
    sql`select * from audit_entries where action = ${action} order by time, id`,
  );
  return rows;
}
