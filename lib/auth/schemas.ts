import { z } from "zod";
import { role } from "@/agent/contract/vocabulary";
import { pageInput, pageOf } from "@/lib/core/paging";
import { email } from "./email";

const iso = z.iso.datetime();
const name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^[^\p{C}]+$/u, "no control or invisible characters");
const idText = z.string().max(100);

/** Length is what counts; the upper bound keeps hashing cheap. */
export const password = z.string().min(10, "at least 10 characters").max(200);

export const signInInput = z.object({ email: z.string().max(500), password: z.string().max(200) });

export const userView = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  /** null: may sign in, may do nothing until somebody gives a role */
  role: role.nullable(),
  disabled: z.boolean(),
  mustChangePassword: z.boolean(),
  /** false: signs in through the OpenID provider only */
  hasPassword: z.boolean(),
  createdAt: iso,
});
export type UserView = z.infer<typeof userView>;
export const userPage = pageOf(userView);
export const listUsersInput = z.object({ ...pageInput });

export const createUserInput = z.object({
  email,
  name: name.optional(),
  role: role.nullable(),
  /** left out: a one-time password is made, which must be changed at the first sign-in */
  password: password.optional(),
});
export type CreateUserInput = z.infer<typeof createUserInput>;
/** `password`: the one-time password, shown this once. */
export const createUserOutput = z.strictObject({ user: userView, password: z.string().nullable() });

export const updateUserInput = z
  .object({
    id: idText,
    name: name.optional(),
    role: role.nullable().optional(),
    disabled: z.boolean().optional(),
  })
  .refine((i) => i.name !== undefined || i.role !== undefined || i.disabled !== undefined, {
    message: "say what to change: name, role or disabled",
  });

export const changePasswordInput = z.object({ current: z.string().max(200), password });
export const resetPasswordInput = z.object({ id: idText });
export const resetPasswordOutput = z.strictObject({ user: userView, password: z.string() });
export const done = z.strictObject({ ok: z.literal(true) });

export const sessionView = z.strictObject({
  id: z.string(),
  current: z.boolean(),
  createdAt: iso,
  lastSeenAt: iso,
  expiresAt: iso,
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
});
export type SessionView = z.infer<typeof sessionView>;
export const sessionPage = pageOf(sessionView);
export const noInput = z.object({});
export const revokeSessionInput = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) });
export const revokedSessions = z.strictObject({ revoked: z.int() });

/** `30d`, `12h` or `never`; at most 366 days. */
export const lifetime = z
  .string()
  .regex(/^(\d{1,4}[hd]|never)$/, "like 30d, 12h or never")
  .refine((text) => text === "never" || (hoursOf(text) >= 1 && hoursOf(text) <= 366 * 24), "at most 366d");
export const hoursOf = (text: string): number => Number.parseInt(text, 10) * (text.endsWith("d") ? 24 : 1);

export const createTokenInput = z.object({ name, role, expires: lifetime.default("90d") });
export const tokenView = z.strictObject({
  id: z.string(),
  name: z.string(),
  role,
  createdBy: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
  createdAt: iso,
  expiresAt: iso.nullable(),
  lastUsedAt: iso.nullable(),
  revokedAt: iso.nullable(),
});
export type TokenView = z.infer<typeof tokenView>;
export const tokenPage = pageOf(tokenView);
export const listTokensInput = z.object({ ...pageInput });
/** `token` is shown this once; only its SHA-256 is kept. */
export const createTokenOutput = z.strictObject({ ...tokenView.shape, token: z.string() });
export const revokeTokenInput = z.object({ id: idText });

export const meView = z.strictObject({
  type: z.enum(["person", "token"]),
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: role.nullable(),
  permissions: z.array(z.string()),
  mustChangePassword: z.boolean(),
  hasPassword: z.boolean(),
});
export type MeView = z.infer<typeof meView>;
