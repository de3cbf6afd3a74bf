import { z } from "zod";
import { listenerConnected } from "@/db/listen";
import { logState } from "@/lib/audit/sequencer";
import { query } from "@/lib/core/command";
import { checkAppendOnly } from "@/lib/core/installation";
import { workerState } from "@/lib/core/worker-state";
import type { healthView } from "./schemas";

export const VERSION = "0.1.0";
const BEHIND_MS = 10_000;

/** Ready or not, part by part. Needs no login and says nothing about the organization. */
export const getHealth = query({
  permission: ["anonymous", "requests.read", "self.manage"],
  input: z.object({}),
  async run(): Promise<z.infer<typeof healthView>> {
    const listener = listenerConnected() ? ("ok" as const) : ("reconnecting" as const);
    const running = workerState().running;
    try {
      const [{ size, queued, oldestMs }, appendOnly] = await Promise.all([logState(), checkAppendOnly()]);
      const state = !running ? "stopped" : oldestMs > BEHIND_MS ? "behind" : "ok";
      return {
        ready: listener === "ok" && state !== "stopped",
        database: "ok",
        listener,
        sequencer: { state, size, queued },
        appendOnly,
        version: VERSION,
      };
    } catch {
      return {
        ready: false,
        database: "unreachable",
        listener,
        sequencer: { state: running ? "behind" : "stopped", size: null, queued: null },
        appendOnly: null,
        version: VERSION,
      };
    }
  },
});
