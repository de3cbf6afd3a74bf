import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll } from "vitest";
import type { composeEvent } from "@/lib/notices/compose";

export interface Hook {
  id: string;
  path: string;
  /** whether the Standard Webhooks signature verified over the exact bytes */
  verified: boolean;
  raw: string;
  event: ReturnType<typeof composeEvent>;
}

/** A receiver as an operator would write it: verifies, answers what `mode` says, and keeps everything that came. */
export async function webhookReceiver() {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const self = {
    url: "",
    host: "",
    secret,
    hooks: [] as Hook[],
    mode: "take" as "take" | "fail" | "redirect" | "wait",
    waiting: [] as ServerResponse[],
  };
  const verifier = new Webhook(secret);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString("utf8");
      let verified = true;
      try {
        verifier.verify(raw, request.headers as Record<string, string>);
      } catch {
        verified = false;
      }
      const id = String(request.headers["webhook-id"]);
      self.hooks.push({ id, path: String(request.url), verified, raw, event: JSON.parse(raw) });
      if (self.mode === "wait") self.waiting.push(response);
      else if (self.mode === "redirect") response.writeHead(302, { location: `${self.url}/elsewhere` }).end();
      else response.writeHead(self.mode === "take" ? 204 : 500).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  self.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  self.url = `http://${self.host}/hook`;
  afterAll(() => {
    server.closeAllConnections();
    return new Promise<void>((done) => server.close(() => done()));
  });
  return self;
}
