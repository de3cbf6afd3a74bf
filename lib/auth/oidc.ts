import { env } from "@/lib/core/env";
import { outbound } from "@/lib/http/outbound";

export interface OidcSettings {
  issuer: string;
  id: string;
  secret: string;
  name: string;
  /** `host:port` of the issuer when it is this machine's own: the operator configured it, so it may be asked */
  alsoAllow: string[];
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The configured provider, or null. Throws when its issuer may not be used: plain http away from this machine. */
export function oidcSettings(): OidcSettings | null {
  const { oidc, outboundAllow, authUrl } = env();
  if (!oidc) return null;
  const issuer = new URL(oidc.issuer);
  const local = LOOPBACK.test(issuer.hostname);
  const port = issuer.port || (issuer.protocol === "https:" ? "443" : "80");
  const excepted = outboundAllow.some((entry) =>
    [issuer.hostname, `${issuer.hostname}:${port}`].includes(entry),
  );
  if (issuer.protocol !== "https:" && !local && !excepted) {
    throw new Error("AUTH_OIDC_ISSUER must be https, or its host must be in ASSENTRY_OUTBOUND_ALLOW.");
  }
  if (/^127\./.test(new URL(authUrl).hostname)) {
    // Next rewrites 127.x to localhost, so the provider would send people back to another origin than they came from.
    throw new Error("With AUTH_OIDC_ISSUER, AUTH_URL must say localhost instead of 127.0.0.1.");
  }
  return { ...oidc, alsoAllow: local ? [`${issuer.hostname}:${port}`] : [] };
}

/** `fetch` for the OpenID client: what it asks goes through the one way out. */
export function oidcFetch(settings: OidcSettings): typeof fetch {
  return async (target, init) => {
    const request = new Request(target, init);
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
    return outbound(request.url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body,
      alsoAllow: settings.alsoAllow,
    });
  };
}
