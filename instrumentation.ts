/** Next runs this once per server process, in the edge graph too: only Node gets the background work. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { notePeerAddresses } = await import("@/lib/http/peer-address");
  notePeerAddresses();
  const { startBackground, stopBackground } = await import("@/lib/background");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stopBackground());
  await startBackground();
}
