import type { NextRequest } from "next/server";
import NextAuth, { CredentialsSignin, customFetch, type NextAuthConfig } from "next-auth";
import type { Adapter, AdapterUser } from "next-auth/adapters";
import { randomHex, sha256 } from "@/lib/core/crypto";
import { env } from "@/lib/core/env";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { keys } from "@/lib/core/keys";
import { log } from "@/lib/core/log";
import { endSession } from "./end-session";
import { findAccount, OIDC } from "./find-account";
import { type OidcSettings, oidcFetch, oidcSettings } from "./oidc";
import type { UserRow } from "./people";
import { anonymousContext, resolveSession } from "./resolve-session";
import { safePath } from "./safe-path";
import { SESSION_SECONDS, secureCookies, sessionCookieName } from "./session-cookie";
import { SignInFlow } from "./sign-in-flow";

/** The only file that knows next-auth. What it decides lies in the verbs beside it; a request gets its own configuration. */

class Refused extends CredentialsSignin {
  constructor(readonly code: string) {
    super();
  }
}

const adapterUser = ({ id, name, email, emailVerified }: UserRow): AdapterUser => ({
  id,
  name,
  email,
  emailVerified,
});

const unused = async (): Promise<never> => {
  throw new Error("users and accounts are made by our own verbs");
};

/** Sessions only: stored by the hash of the cookie's value, for eight hours that use does not prolong. */
function sessionAdapter(
  flow: SignInFlow,
  headers: Headers,
  httpRequestId: string,
  issuer: string | null,
): Adapter {
  return {
    createUser: unused,
    updateUser: unused,
    linkAccount: unused,
    getUser: async () => null,
    // Never by e-mail, and never onto whoever happens to be signed in: issuer and subject alone decide.
    getUserByEmail: async () => null,
    getSessionAndUser: async () => null,
    getUserByAccount: async ({ providerAccountId }) => {
      const user = issuer ? await findAccount(issuer, providerAccountId) : null;
      return user && adapterUser(user);
    },
    createSession: async ({ sessionToken, userId }) => {
      const { expires } = await flow.start("oidc", sessionToken);
      return { sessionToken, userId, expires };
    },
    updateSession: async () => null,
    deleteSession: async (token) => {
      const person = await resolveSession(headers, httpRequestId);
      if (person) await endSession(person, { tokenHash: sha256(token) });
    },
  };
}

function passwordProvider(flow: SignInFlow) {
  return {
    id: "credentials",
    type: "credentials" as const,
    name: "Password",
    credentials: { email: {}, password: {} },
    authorize: async (given: unknown) => {
      try {
        return adapterUser(await flow.withPassword(given));
      } catch (error) {
        if (error instanceof AppError && error.code !== "unavailable") throw new Refused(error.code);
        throw error;
      }
    },
  };
}

function oidcProvider(settings: OidcSettings) {
  return {
    id: OIDC,
    type: "oidc" as const,
    name: settings.name,
    issuer: settings.issuer,
    clientId: settings.id,
    clientSecret: settings.secret,
    checks: ["pkce" as const, "state" as const, "nonce" as const],
    // The ID token is verified in any case; many providers put name and e-mail only into userinfo.
    idToken: false,
    profile: (userinfo: { sub: string }) => ({ id: userinfo.sub }),
    [customFetch]: oidcFetch(settings),
  };
}

function configFor(request: NextRequest | undefined): NextAuthConfig {
  const headers = request?.headers ?? new Headers();
  const httpRequestId = newId("http");
  const flow = new SignInFlow(anonymousContext(headers, httpRequestId), headers);
  const oidc = oidcSettings();
  const { authUrl, authSecret } = env();
  const cookie = { httpOnly: true, sameSite: "lax" as const, path: "/", secure: secureCookies() };
  return {
    basePath: "/api/auth",
    trustHost: true,
    secret: authSecret ?? keys().auth.bytes.toString("base64url"),
    useSecureCookies: secureCookies(),
    cookies: { sessionToken: { name: sessionCookieName(), options: cookie } },
    pages: { signIn: "/sign-in", signOut: "/sign-in", error: "/sign-in" },
    // The strategy follows from the adapter; naming it makes next-auth refuse a configuration with passwords alone.
    adapter: sessionAdapter(flow, headers, httpRequestId, oidc?.issuer ?? null),
    session: {
      maxAge: SESSION_SECONDS,
      updateAge: SESSION_SECONDS,
      generateSessionToken: () => randomHex(32),
    },
    // next-auth would put a JWT into the cookie after a password sign-in, which no database session answers to.
    jwt: { encode: async () => (await flow.start("password")).token },
    providers: [passwordProvider(flow), ...(oidc ? [oidcProvider(oidc)] : [])],
    callbacks: {
      signIn: async ({ account, profile }) => {
        if (account?.provider !== OIDC) return true;
        try {
          await flow.withAccount(oidc?.issuer ?? "", profile);
          return true;
        } catch (error) {
          if (error instanceof AppError && error.code !== "unavailable")
            return `/sign-in?error=account_${error.code}`;
          throw error;
        }
      },
      redirect: ({ url }) =>
        `${authUrl}${safePath(url.startsWith(authUrl) ? url.slice(authUrl.length) : url)}`,
      session: ({ session }) => ({ expires: session.expires }),
    },
    logger: {
      error: (error) => {
        if (error instanceof CredentialsSignin) return;
        const cause = error.cause as { err?: unknown } | undefined;
        log.warn("a sign-in did not come through", { httpRequestId, error, cause: cause?.err });
      },
      warn: () => {},
      debug: () => {},
    },
  };
}

const { handlers } = NextAuth(configFor);

/** `GET` and `POST` of next-auth; app/api/auth says which of its addresses exist. */
export const authHandlers = handlers;
