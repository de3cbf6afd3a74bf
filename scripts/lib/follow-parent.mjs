import { isMainThread } from "node:worker_threads";
import { whenParentGone } from "./parent.mjs";

// Preloaded into children: when whoever started us is killed, nobody is left to end us, so we do.
const launcher = Number(new URL(import.meta.url).searchParams.get("launcher"));
if (isMainThread) whenParentGone(() => process.kill(process.pid, "SIGTERM"), launcher);
