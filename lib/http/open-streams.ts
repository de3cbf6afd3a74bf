import { processShared } from "@/lib/core/shared";

/** Next does not exit on SIGTERM while a stream is open: every stream is registered here and closed by background.ts. */
const open = () => processShared("assentry.streams", () => new Set<() => void>());

export function registerStream(close: () => void): () => void {
  open().add(close);
  return () => open().delete(close);
}

export function closeAllStreams(): void {
  for (const close of open()) close();
  open().clear();
}

export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // no-transform: Next would gzip, and proxies would wait for more
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

export interface Sse {
  send(event: string, data: unknown): void;
  comment(text: string): void;
  close(): void;
}

/**
 * A server-sent event stream; `start` may send at once. `stop` runs however it ends, and once more when the stream
 * ended before `start` was through: what was begun meanwhile must end too.
 */
export function sseResponse(
  request: Request,
  httpRequestId: string,
  start: (sse: Sse) => void | Promise<void>,
  stop: () => void,
): Response {
  const encoder = new TextEncoder();
  let ended = false;
  let finish = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string) => {
        if (ended) return;
        try {
          controller.enqueue(encoder.encode(text));
        } catch {
          finish();
        }
      };
      const unregister = registerStream(() => finish());
      finish = () => {
        if (ended) return;
        ended = true;
        unregister();
        stop();
        try {
          controller.close();
        } catch {
          // the other side closed first
        }
      };
      request.signal.addEventListener("abort", () => finish());
      if (request.signal.aborted) finish();
      const sse: Sse = {
        send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
        comment: (text) => write(`: ${text}\n\n`),
        close: () => finish(),
      };
      // Headers and a first byte at once: clients tell a silent stream from a slow one.
      sse.comment("open");
      void Promise.resolve(start(sse)).then(
        () => ended && stop(),
        () => (ended ? stop() : finish()),
      );
    },
    cancel: () => finish(),
  });
  return new Response(body, { status: 200, headers: { ...SSE_HEADERS, "x-request-id": httpRequestId } });
}
