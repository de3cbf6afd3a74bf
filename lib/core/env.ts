import path from "node:path";
import { z } from "zod";

const optionalUrl = z
  .url()
  .optional()
  .or(z.literal("").transform(() => undefined));
const flag = z
  .enum(["0", "1", "true", "false", ""])
  .default("0")
  .transform((v) => v === "1" || v === "true");

const schema = z.object({
  NODE_ENV: z.string().default("development"),
  DATABASE_URL: z
    .string()
    .min(1, "DATABASE_URL is missing: start with `npm start`, which brings a database along"),
  DATABASE_URL_DIRECT: z.string().optional(),
  DATABASE_OWNER_URL: z.string().optional(),
  ASSENTRY_DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(20),
  ASSENTRY_DATA_DIR: z.string().default(".assentry"),
  ASSENTRY_KEYS_DIR: z.string().optional(),
  ASSENTRY_ALLOW_OWNER_ROLE: flag,
  ASSENTRY_QUIET: flag,
  AUTH_URL: z.url().default("http://localhost:3000"),
  AUTH_SECRET: z.string().min(32).optional(),
  AUTH_OIDC_ISSUER: optionalUrl,
  AUTH_OIDC_ID: z.string().optional(),
  AUTH_OIDC_SECRET: z.string().optional(),
  AUTH_OIDC_NAME: z.string().max(60).default("single sign-on"),
  ASSENTRY_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(5).default(0),
  ASSENTRY_SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//)
    .optional()
    .or(z.literal("").transform(() => undefined)),
  ASSENTRY_MAIL_FROM: z.string().default("Assentry <assentry@localhost>"),
  ASSENTRY_WEBHOOK_URL: optionalUrl,
  ASSENTRY_WEBHOOK_SECRET: z.string().optional(),
  /** hosts that outbound requests may reach although they are private or plain http: `host` or `host:port`, by comma */
  ASSENTRY_OUTBOUND_ALLOW: z.string().default(""),
});

function read() {
  const parsed = schema.safeParse(process.env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((i) => `  ${i.path.join(".")}: ${i.message}`);
    throw new Error(`The configuration is not usable:\n${lines.join("\n")}`);
  }
  const e = parsed.data;
  if (e.ASSENTRY_WEBHOOK_URL && !e.ASSENTRY_WEBHOOK_SECRET) {
    throw new Error("ASSENTRY_WEBHOOK_URL needs ASSENTRY_WEBHOOK_SECRET: notices are signed");
  }
  const secret = e.ASSENTRY_WEBHOOK_SECRET?.replace(/^whsec_/, "");
  const bytes = Buffer.from(secret ?? "", "base64");
  if (secret && (bytes.length < 24 || bytes.toString("base64") !== secret)) {
    throw new Error("ASSENTRY_WEBHOOK_SECRET must be base64 of at least 24 bytes, with or without whsec_");
  }
  if (e.AUTH_OIDC_ISSUER && !(e.AUTH_OIDC_ID && e.AUTH_OIDC_SECRET)) {
    throw new Error("AUTH_OIDC_ISSUER needs AUTH_OIDC_ID and AUTH_OIDC_SECRET");
  }
  return {
    production: e.NODE_ENV === "production",
    databaseUrl: e.DATABASE_URL,
    /** the same role past a pooler: LISTEN, advisory locks */
    databaseUrlDirect: e.DATABASE_URL_DIRECT || e.DATABASE_URL,
    databaseOwnerUrl: e.DATABASE_OWNER_URL || null,
    databasePool: e.ASSENTRY_DATABASE_POOL,
    dataDir: path.resolve(/* turbopackIgnore: true */ e.ASSENTRY_DATA_DIR),
    keysDir: path.resolve(
      /* turbopackIgnore: true */ e.ASSENTRY_KEYS_DIR ?? path.join(e.ASSENTRY_DATA_DIR, "keys"),
    ),
    /** symmetric and private keys by environment instead of files: ASSENTRY_KEY_DECISION and so on */
    keyFromEnv: (use: string) => process.env[`ASSENTRY_KEY_${use.toUpperCase()}`] || null,
    allowOwnerRole: e.ASSENTRY_ALLOW_OWNER_ROLE,
    quiet: e.ASSENTRY_QUIET,
    authUrl: e.AUTH_URL.replace(/\/+$/, ""),
    authSecret: e.AUTH_SECRET ?? null,
    oidc: e.AUTH_OIDC_ISSUER
      ? {
          issuer: e.AUTH_OIDC_ISSUER,
          id: e.AUTH_OIDC_ID as string,
          secret: e.AUTH_OIDC_SECRET as string,
          name: e.AUTH_OIDC_NAME,
        }
      : null,
    trustedProxies: e.ASSENTRY_TRUSTED_PROXIES,
    smtpUrl: e.ASSENTRY_SMTP_URL ?? null,
    mailFrom: e.ASSENTRY_MAIL_FROM,
    webhook: e.ASSENTRY_WEBHOOK_URL
      ? { url: e.ASSENTRY_WEBHOOK_URL, secret: e.ASSENTRY_WEBHOOK_SECRET as string }
      : null,
    outboundAllow: e.ASSENTRY_OUTBOUND_ALLOW.split(",")
      .map((h) => h.trim())
      .filter(Boolean),
  };
}

let cached: ReturnType<typeof read> | null = null;

/** The configuration, parsed once. Throws one readable error that lists everything wrong. */
export function env() {
  cached ??= read();
  return cached;
}

/** Tests point a process at another database before anything was opened. */
export function resetEnv() {
  cached = null;
}
