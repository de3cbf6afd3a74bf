import { inspectProcess } from "./process-info.mjs";

/**
 * Calls back once when whoever started this process is gone, be it already. Does not keep the process alive.
 * @param {() => void} callback
 * @param {number} [starter] Process id to expect; a child of the one it started follows its own parent.
 */
export function whenParentGone(callback, starter = process.ppid) {
  const own = process.ppid;
  const parent = inspectProcess(starter) ? own : starter;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 250).unref();
}
