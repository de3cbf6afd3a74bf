import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** The console did not answer: no connection, cut off, or too slow. Nothing is known about what it did. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

/** Many calls held at once wait for a connection; the console's own time begins when they have one. */
const QUEUE_MS = 20_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** One keep-alive connection pool to the console. Redirects are never followed. */
export class HttpClient {
  private readonly http = new HttpAgent({ keepAlive: true, maxSockets: 16, noDelay: true });
  private readonly https = new HttpsAgent({ keepAlive: true, maxSockets: 16, noDelay: true });

  /** Opens a request and gives the reply's head. `signal` ends it at any time. Throws Unreachable. */
  open(
    url: URL,
    headers: Record<string, string>,
    body: string,
    options: { timeoutMs: number; signal?: AbortSignal; ownSocket?: boolean },
  ): Promise<IncomingMessage> {
    const secure = url.protocol === "https:";
    const agent = options.ownSocket ? false : secure ? this.https : this.http;
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(url, {
        method: "POST",
        agent,
        headers: {
          ...headers,
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(body)),
        },
        signal: options.signal,
      });
      const expire = () => request.destroy(new Error("timed out"));
      let timer = setTimeout(expire, options.timeoutMs + QUEUE_MS);
      request.on("socket", () => {
        clearTimeout(timer);
        timer = setTimeout(expire, options.timeoutMs);
      });
      request.on("response", (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      request.on("error", (error) => {
        clearTimeout(timer);
        reject(new Unreachable(error.message, { cause: error }));
      });
      request.end(body);
    });
  }

  /** The whole reply. Throws Unreachable. */
  async post(
    url: URL,
    headers: Record<string, string>,
    body: string,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<HttpReply> {
    const response = await this.open(url, headers, body, options);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const timer = setTimeout(() => response.destroy(new Error("timed out")), options.timeoutMs);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BODY_BYTES) response.destroy(new Error("the reply is too large"));
        else chunks.push(chunk);
      });
      response.on("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
      });
      response.on("error", (error) => {
        clearTimeout(timer);
        reject(new Unreachable(error.message, { cause: error }));
      });
      response.on("close", () => {
        clearTimeout(timer);
        reject(new Unreachable("the reply was cut off"));
      });
    });
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}
