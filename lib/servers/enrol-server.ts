import { eq, sql } from "drizzle-orm";
import { keyListText } from "@/agent/contract/v1";
import { users } from "@/db/schema/auth";
import { enrolmentTokens, servers } from "@/db/schema/servers";
import { command, type Recorded } from "@/lib/core/command";
import { randomHex, sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { notify } from "@/lib/core/installation";
import { consoleKeys } from "@/lib/core/keys";
import { nameSkeleton } from "./names";
import { enrolServerInput } from "./schemas";

const LIFE_MINUTES = 60;

/**
 * Makes a one-time enrolment token for a server, and the server with it when the name is new. The token is shown once,
 * lives an hour, is stored hashed, and pins the console's public keys. 409 when the name looks like a standing one.
 */
export const enrolServer = command({
  permission: "agents.enrol",
  action: "enrolment.create",
  input: enrolServerInput,
  subject: (input) => ({ subject: { type: "server", id: input.server, name: input.server } }),
  async run({ tx, context, input }) {
    const skeleton = nameSkeleton(input.server);
    const [known] = await tx.select().from(servers).where(eq(servers.nameSkeleton, skeleton));
    if (known && known.name !== input.server) {
      throw new AppError("conflict", `"${input.server}" looks like the server "${known.name}".`, {
        details: { server: { id: known.id, name: known.name } },
      });
    }
    let ownerId: string | null = null;
    if (input.owner) {
      const [owner] = await tx
        .select({ id: users.id })
        .from(users)
        .where(sql`lower(${users.email}) = ${input.owner.toLowerCase()}`);
      if (!owner)
        throw new AppError("invalid", "There is nobody with this e-mail address.", {
          issues: [{ path: "owner", message: "unknown" }],
        });
      ownerId = owner.id;
    } else if (context.type === "person") ownerId = context.id;
    const entries: Recorded[] = [];
    let server = known;
    if (!server) {
      [server] = await tx
        .insert(servers)
        .values({ id: newId("srv"), name: input.server, nameSkeleton: skeleton, ownerId })
        .returning();
      if (!server) throw new Error("the server was not stored");
      entries.push({
        action: "server.create",
        subject: { type: "server", id: server.id, name: server.name },
        serverId: server.id,
        detail: { owner: input.owner ?? null },
      });
    }
    const token = `aet_${newId("enr").slice(4)}_${randomHex(32)}_${sha256(keyListText(consoleKeys())).slice(0, 32)}`;
    const [row] = await tx
      .insert(enrolmentTokens)
      .values({
        id: newId("enr"),
        serverId: server.id,
        tokenHash: sha256(token),
        createdBy: context.id,
        expiresAt: sql`now() + make_interval(mins => ${LIFE_MINUTES})`,
      })
      .returning();
    if (!row) throw new Error("the token was not stored");
    await notify(tx, { t: "servers" });
    return {
      result: { token, server: { id: server.id, name: server.name }, expiresAt: row.expiresAt.toISOString() },
      entries: [
        {
          action: "enrolment.create",
          subject: { type: "server", id: server.id, name: server.name },
          serverId: server.id,
          detail: { expiresAt: row.expiresAt.toISOString() },
        },
        ...entries,
      ],
    };
  },
});
