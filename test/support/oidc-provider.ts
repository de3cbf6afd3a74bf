import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { afterAll } from "vitest";

const require = createRequire(path.resolve(import.meta.dirname, "../peers/package.json"));

interface Claims {
  email?: string;
  email_verified?: boolean;
  name?: string;
}
export interface TestProvider {
  /** what arrived at the authorization and token endpoints */
  authorizations: Record<string, string>[];
  tokenRequests: number;
}

export const CLIENT = { id: "assentry", secret: "a-secret-that-is-long-enough-for-hmac-use" };

/** A real OpenID provider on loopback, which demands PKCE; whoever types a login name there is that subject. */
export async function startProvider(
  port: number,
  consoleUrl: string,
  people: Record<string, Claims>,
): Promise<TestProvider> {
  const { default: Provider } = await import(require.resolve("oidc-provider"));
  const provider = new Provider(`http://localhost:${port}`, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${consoleUrl}/api/auth/callback/oidc`],
        response_types: ["code"],
        grant_types: ["authorization_code"],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["only for this test"] },
    findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
  });
  const seen: TestProvider = { authorizations: [], tokenRequests: 0 };
  interface Context {
    path: string;
    query: Record<string, string>;
  }
  provider.use(async (context: Context, next: () => Promise<void>) => {
    if (context.path === "/auth") seen.authorizations.push({ ...context.query });
    if (context.path === "/token") seen.tokenRequests += 1;
    await next();
  });
  const server: Server = provider.listen(port, "127.0.0.1");
  await once(server, "listening");
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return seen;
}
