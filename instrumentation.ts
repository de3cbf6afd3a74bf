/** Next runs this once per server process, in the edge graph too: only Node gets the background work. */
export async function register() {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { startServer } = await import("@/lib/server-process");
    await startServer();
  }
}
