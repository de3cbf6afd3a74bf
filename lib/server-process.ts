import { startBackground, stopBackground } from "./background";
import { notePeerAddresses } from "./http/peer-address";

/** What a console process does besides answering: notes peers, runs the background work, ends its streams when told to. */
export async function startServer(): Promise<void> {
  notePeerAddresses();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stopBackground());
  await startBackground();
}
