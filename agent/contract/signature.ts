/**
 * RFC 9421 HTTP message signatures, the one profile agents use: Ed25519 over method, path, query and content digest,
 * with created, nonce, key id. Pure text; the caller signs, verifies and hashes.
 */
export const SIGNATURE_WINDOW_SECONDS = 60;

export interface SignatureParams {
  /** seconds since 1970 */
  created: number;
  nonce: string;
  /** the agent's id */
  keyId: string;
}

const COMPONENTS = '("@method" "@path" "@query" "content-digest")';

export function contentDigestHeader(sha256Base64: string): string {
  return `sha-256=:${sha256Base64}:`;
}

function paramsText({ created, nonce, keyId }: SignatureParams): string {
  return `${COMPONENTS};created=${created};nonce="${nonce}";keyid="${keyId}";alg="ed25519"`;
}

/** Value of the Signature-Input header. */
export function signatureInput(params: SignatureParams): string {
  return `sig1=${paramsText(params)}`;
}

/** The signature base (RFC 9421, 2.5); `query` is the raw query without "?", empty when there is none. */
export function signatureBase(
  request: { method: string; path: string; query: string; contentDigest: string },
  params: SignatureParams,
): string {
  return [
    `"@method": ${request.method.toUpperCase()}`,
    `"@path": ${request.path}`,
    `"@query": ?${request.query}`,
    `"content-digest": ${request.contentDigest}`,
    `"@signature-params": ${paramsText(params)}`,
  ].join("\n");
}

const INPUT =
  /^sig1=\("@method" "@path" "@query" "content-digest"\);created=(\d{1,12});nonce="([A-Za-z0-9_-]{16,64})";keyid="([a-z]{2,5}_[0-9a-z]{8,40})";alg="ed25519"$/;

/** Parses our own profile only; null for anything else. */
export function parseSignatureInput(header: string): SignatureParams | null {
  const match = INPUT.exec(header);
  if (!match) return null;
  return { created: Number(match[1]), nonce: match[2] as string, keyId: match[3] as string };
}

/** Bytes of the Signature header as base64, or null. */
export function parseSignature(header: string): string | null {
  return /^sig1=:([A-Za-z0-9+/]{86}==):$/.exec(header)?.[1] ?? null;
}
