import { Client } from "pg";
import { z } from "zod";
import { env } from "@/lib/core/env";
import { log } from "@/lib/core/log";
import { processShared } from "@/lib/core/shared";

/** What a NOTIFY may say: a hint that a row changed, never the change itself. */
export const hint = z.discriminatedUnion("t", [
  z.object({
    t: z.literal("request"),
    id: z.string(),
    state: z.string(),
    server: z.string(),
    agent: z.string(),
  }),
  z.object({ t: z.literal("bundle") }),
  z.object({ t: z.literal("servers") }),
  z.object({ t: z.literal("audit") }),
  z.object({ t: z.literal("notice") }),
  /** somebody lost a session, a token or a role: whoever keeps a stream open looks again */
  z.object({ t: z.literal("access") }),
  z.object({ t: z.literal("resync") }),
]);
export type Hint = z.infer<typeof hint>;
export const CHANNEL = "assentry";

type Handler = (hint: Hint) => void;

interface Hub {
  handlers: Set<Handler>;
  client: Client | null;
  connected: boolean;
  stopped: boolean;
  connecting: Promise<void> | null;
}

const hub = () =>
  processShared<Hub>("assentry.hub", () => ({
    handlers: new Set(),
    client: null,
    connected: false,
    stopped: false,
    connecting: null,
  }));

function emit(value: Hint) {
  for (const handler of hub().handlers) {
    try {
      handler(value);
    } catch (error) {
      log.error("a hint handler failed", { error });
    }
  }
}

/** One attempt to listen; however it ends, exactly one next attempt follows. */
async function connect(delay = 100): Promise<void> {
  const h = hub();
  if (h.stopped) return;
  const client = new Client({
    connectionString: env().databaseUrlDirect,
    application_name: "assentry-listen",
    connectionTimeoutMillis: 3_000,
  });
  let over = false;
  let next = delay;
  const again = () => {
    if (over) return;
    over = true;
    if (h.client === client) {
      h.client = null;
      h.connected = false;
    }
    void client.end().catch(() => {});
    if (!h.stopped) setTimeout(() => void connect(Math.min(next * 2, 1_000)), next);
  };
  client.on("error", again);
  client.on("end", again);
  client.on("notification", (message) => {
    const parsed = hint.safeParse(safeJson(message.payload));
    if (parsed.success) emit(parsed.data);
  });
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    if (over) return;
    next = 100;
    h.client = client;
    h.connected = true;
    // Notifications are not durable: whoever waits reads the state again.
    emit({ t: "resync" });
  } catch {
    again();
  }
}

function safeJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return null;
  }
}

/** Subscribes to hints from every console process; starts the one LISTEN connection of this process when needed. */
export function onHint(handler: Handler): () => void {
  const h = hub();
  h.handlers.add(handler);
  h.connecting ??= connect();
  return () => h.handlers.delete(handler);
}

export const listenerConnected = (): boolean => hub().connected;

export async function stopListening(): Promise<void> {
  const h = hub();
  h.stopped = true;
  h.connected = false;
  await h.client?.end().catch(() => {});
}
