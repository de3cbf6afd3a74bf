import { isMainThread } from "node:worker_threads";

// Preloaded into children: when whoever started us is killed, nobody is left to end us, so we do.
if (isMainThread) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, 1_000).unref();
}
