import { processShared } from "./shared";

/** Whether this process runs the background work; written by lib/background.ts, read by health. */
export const workerState = () => processShared("assentry.worker", () => ({ running: false }));
