const EVERY_MS = 10_000;
const STEP = 1e-6;

/**
 * Tells a waiting client that work goes on: progress under its own token (exact source text), in steps so small that
 * the server's own progress still rises afterwards. Returns the way to stop; nothing is sent after that.
 */
export function keepAlive(
  tokenSource: string | null,
  message: () => string,
  send: (frame: Buffer) => void,
  everyMs = EVERY_MS,
): () => void {
  if (tokenSource === null) return () => {};
  let count = 0;
  const beat = () => {
    const progress = (++count * STEP).toFixed(6);
    const text = JSON.stringify(message());
    send(
      Buffer.from(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${tokenSource},"progress":${progress},"message":${text}}}\n`,
      ),
    );
  };
  beat();
  const timer = setInterval(beat, everyMs);
  return () => clearInterval(timer);
}
