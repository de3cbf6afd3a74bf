import { eq } from "drizzle-orm";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import { query } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { permissionsOf } from "@/lib/core/permissions";
import { type MeView, noInput } from "./schemas";

/** Who asks, and what they may do. For people of any role or none, and for tokens. */
export const me = query({
  permission: ["person", "self.manage"],
  input: noInput,
  run: async ({ context }): Promise<MeView> => {
    const { id, name, role } = context;
    const permissions = permissionsOf(role);
    if (context.type === "token") {
      const none = { email: null, mustChangePassword: false, hasPassword: false };
      return { type: "token", id, name, role, permissions, ...none };
    }
    const [user] = await db().select().from(users).where(eq(users.id, id));
    if (context.type !== "person" || !user)
      throw new AppError("forbidden", "Only people and tokens are somebody.");
    return {
      type: "person",
      id,
      name,
      email: user.email,
      role,
      permissions,
      mustChangePassword: user.mustChangePassword,
      hasPassword: user.passwordHash !== null,
    };
  },
});
