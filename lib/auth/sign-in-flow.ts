import type { AnonymousContext } from "@/lib/core/context";
import { randomHex, sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { authenticate } from "./authenticate";
import { findAccount } from "./find-account";
import { personContext, type UserRow } from "./people";
import { refuseSignIn } from "./refuse-sign-in";
import { claims, registerAccount } from "./register-account";
import { signInInput } from "./schemas";
import { readSessionCookie } from "./session-cookie";
import { startSession } from "./start-session";

/** One sign-in, from proof to session, within one request. */
export class SignInFlow {
  private user: UserRow | null = null;
  constructor(
    private readonly context: AnonymousContext,
    private readonly headers: Headers,
  ) {}

  /** Throws `unauthenticated` or `rate_limited`. */
  async withPassword(given: unknown): Promise<UserRow> {
    const typed = signInInput.safeParse(given);
    if (!typed.success) throw new AppError("unauthenticated", "An e-mail address and a password are needed.");
    this.user = await authenticate(this.context, typed.data);
    return this.user;
  }

  /** Throws `invalid`, `conflict` or `forbidden`; each is recorded. */
  async withAccount(issuer: string, profile: unknown): Promise<UserRow> {
    const known = claims.parse(profile);
    const standing = await findAccount(issuer, known.sub);
    try {
      const user = standing ?? (await registerAccount(this.context, { issuer, claims: known }));
      if (user.disabledAt !== null) throw new AppError("forbidden", "This account may not sign in.");
      this.user = user;
      return user;
    } catch (error) {
      if (error instanceof AppError && error.code !== "unavailable") {
        const reason = error.message;
        await refuseSignIn(this.context, { provider: "oidc", account: standing, reason });
      }
      throw error;
    }
  }

  /** The session for whoever was proved above, and the cookie's value; only its hash is kept. */
  async start(
    provider: "password" | "oidc",
    token = randomHex(32),
  ): Promise<{ token: string; expires: Date }> {
    const { user } = this;
    if (!user) throw new Error("nobody has been proved in this request");
    const tokenHash = sha256(token);
    const replaced = readSessionCookie(this.headers);
    const { expires } = await startSession(personContext(user, this.context, tokenHash), {
      userId: user.id,
      tokenHash,
      provider,
      passwordHash: user.passwordHash,
      userAgent: this.headers.get("user-agent"),
      replaces: replaced && sha256(replaced),
    });
    return { token, expires };
  }
}
