import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { MAX_LINE_BYTES } from "./framing";

/** Shorter than any server keeps an idle connection: one that it is just closing must not get a call. */
const IDLE_SOCKET_MS = 3000;

export interface UpstreamRequest {
  /** ends it, also while the reply comes */
  abort(): void;
}

interface Ports {
  onResponse(response: IncomingMessage): void;
  /** @param sent false: the server cannot have seen any of it */
  onError(error: Error, sent: boolean): void;
}

/** The HTTP server behind. Nothing times out: a call may take as long as it takes, and the client decides for how long. */
export class Upstream {
  private readonly http = new HttpAgent({ keepAlive: true, timeout: IDLE_SOCKET_MS });
  private readonly https = new HttpsAgent({ keepAlive: true, timeout: IDLE_SOCKET_MS });

  constructor(readonly url: URL) {}

  /** @param ownSocket a new connection: nothing on it can have been closed before */
  send(
    method: string,
    headers: OutgoingHttpHeaders,
    body: Buffer | null,
    ports: Ports,
    options: { path?: string; ownSocket?: boolean } = {},
  ): UpstreamRequest {
    const secure = this.url.protocol === "https:";
    const url = options.path === undefined ? this.url : new URL(options.path, this.url.origin);
    let connected = false;
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method,
      agent: options.ownSocket ? false : secure ? this.https : this.http,
      headers: { ...headers, ...(body && { "content-length": body.length }) },
    });
    request.on("socket", (socket) => {
      if (socket.connecting)
        socket.once(secure ? "secureConnect" : "connect", () => {
          connected = true;
        });
      else connected = true;
    });
    request.on("response", (response) => {
      response.on("error", () => {});
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode <= 599) return ports.onResponse(response);
      response.destroy();
      ports.onError(new Error("the server's status is none"), true);
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      ports.onError(new Error("the server wants to speak another protocol"), true);
    });
    request.on("error", (error) => ports.onError(error, connected));
    request.end(body ?? undefined);
    return { abort: () => request.destroy() };
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}

/** A whole body. Rejects when it is cut off or longer than any message may be. */
export function readBody(stream: IncomingMessage, maxBytes = MAX_LINE_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) reject(new BodyTooLarge("the body is too large"));
      else chunks.push(chunk);
    });
    stream.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("the body was cut off")));
  });
}

export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}
