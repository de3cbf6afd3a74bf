import { text } from "node:stream/consumers";
import { createToken } from "@/lib/auth/create-token";
import { createUser } from "@/lib/auth/create-user";
import { listTokens } from "@/lib/auth/list-tokens";
import { listUsers } from "@/lib/auth/list-users";
import { resetPassword } from "@/lib/auth/reset-password";
import { revokeToken } from "@/lib/auth/revoke-token";
import { createTokenInput, createUserInput, type UserView } from "@/lib/auth/schemas";
import { updateUser } from "@/lib/auth/update-user";
import { parseInput } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import type { Page } from "@/lib/core/paging";
import { type Options, type Result, table } from "./result";

async function all<T>(read: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return items;
}

const users = (context: Context) => all((cursor) => listUsers(context, { limit: 200, cursor }));

async function userByEmail(context: Context, email: unknown): Promise<UserView> {
  const wanted = String(email).trim().toLowerCase();
  const user = (await users(context)).find((u) => u.email === wanted);
  if (!user) throw new AppError("not_found", "There is no account with this e-mail address.");
  return user;
}

async function passwordFromStdin(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}

const pick = (o: Options, ...names: string[]) => Object.fromEntries(names.map((name) => [name, o[name]]));

const once = "shown only now; the first sign-in changes it";

export const peopleCommands = {
  "user add": async (context: Context, o: Options): Promise<Result> => {
    const password = o["password-stdin"] ? await passwordFromStdin() : undefined;
    const input = parseInput(createUserInput, { ...pick(o, "email", "role", "name"), password });
    const made = await createUser(context, input);
    const text = made.password ?? `${made.user.email} (${made.user.role})`;
    const aside = made.password ? `One-time password for ${made.user.email}, ${once}:` : undefined;
    return { json: { ...made.user, password: made.password }, text, aside };
  },
  "user list": async (context: Context): Promise<Result> => {
    const found = await users(context);
    const rows = found.map((u) => ({
      email: u.email,
      role: u.role ?? "no role",
      name: u.name,
      state: u.disabled ? "disabled" : "",
    }));
    return { json: { items: found }, text: table(rows) };
  },
  "user disable": async (context: Context, o: Options): Promise<Result> => {
    const { id } = await userByEmail(context, o.email);
    const user = await updateUser(context, { id, disabled: true });
    return { json: user, text: `${user.email} is disabled` };
  },
  "user reset-password": async (context: Context, o: Options): Promise<Result> => {
    const { id } = await userByEmail(context, o.email);
    const { user, password } = await resetPassword(context, { id });
    const aside = `One-time password for ${user.email}, ${once}:`;
    return { json: { ...user, password }, text: password, aside };
  },
  "token create": async (context: Context, o: Options): Promise<Result> => {
    const made = await createToken(context, parseInput(createTokenInput, pick(o, "name", "role", "expires")));
    const aside = `Token ${made.id}, role ${made.role}, until ${made.expiresAt ?? "it is revoked"}; shown only now:`;
    return { json: made, text: made.token, aside };
  },
  "token list": async (context: Context): Promise<Result> => {
    const found = await all((cursor) => listTokens(context, { limit: 200, cursor }));
    const rows = found.map((t) => ({
      id: t.id,
      role: t.role,
      state: t.revokedAt ? "revoked" : `until ${t.expiresAt ?? "revoked"}`,
      name: t.name,
    }));
    return { json: { items: found }, text: table(rows) };
  },
  "token revoke": async (context: Context, o: Options): Promise<Result> => {
    const token = await revokeToken(context, { id: String(o.id) });
    return { json: token, text: `${token.id} is revoked` };
  },
};
