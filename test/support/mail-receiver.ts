import { createRequire } from "node:module";
import path from "node:path";
import type { Readable } from "node:stream";
import { afterAll } from "vitest";

interface Session {
  envelope: { mailFrom: { address: string }; rcptTo: { address: string }[] };
}
type Done = (error?: Error & { responseCode?: number }) => void;
interface SmtpServer {
  listen(port: number, host: string, ready: () => void): void;
  close(done: () => void): void;
  on(event: "error", handler: () => void): void;
  server: { address(): { port: number } };
}
const require = createRequire(path.resolve(import.meta.dirname, "../peers/package.json"));
const { SMTPServer } = require("smtp-server") as { SMTPServer: new (options: object) => SmtpServer };

export interface Mail {
  to: string[];
  /** as it came over the wire */
  raw: string;
  headers: Record<string, string>;
  text: string;
}

const quotedPrintable = (text: string) =>
  Buffer.from(
    text
      .replace(/=\r\n/g, "")
      .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");

const decodeWords = (text: string) =>
  text.replace(/\?=\s+=\?/g, "?==?").replace(/(?:=\?UTF-8\?[QB]\?[^?]*\?=)+/gi, (words) => {
    const parts = [...words.matchAll(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi)];
    const bytes = parts.map(([, kind, body = ""]) =>
      kind?.toUpperCase() === "B"
        ? Buffer.from(body, "base64")
        : Buffer.from(
            body
              .replaceAll("_", " ")
              .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
            "latin1",
          ),
    );
    return Buffer.concat(bytes).toString("utf8");
  });

function parse(to: string[], raw: string): Mail {
  const at = raw.indexOf("\r\n\r\n");
  const headers: Record<string, string> = {};
  for (const line of raw
    .slice(0, at)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n")) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = decodeWords(line.slice(colon + 1).trim());
  }
  const body = raw.slice(at + 4);
  const encoding = headers["content-transfer-encoding"];
  const text =
    encoding === "base64"
      ? Buffer.from(body, "base64").toString("utf8")
      : encoding === "quoted-printable"
        ? quotedPrintable(body)
        : body;
  return { to, raw, headers, text };
}

/** A real SMTP server that keeps what it takes; `refuses` makes it answer 451 to every mail. */
export async function mailReceiver() {
  const self = { url: "", mails: [] as Mail[], refuses: false };
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    logger: false,
    onMailFrom(_address: unknown, _session: Session, done: Done) {
      const no = Object.assign(new Error("come back later, and here is what you said"), {
        responseCode: 451,
      });
      done(self.refuses ? no : undefined);
    },
    onData(stream: Readable, session: Session, done: Done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        self.mails.push(parse(to, Buffer.concat(chunks).toString("utf8")));
        done();
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  self.url = `smtp://127.0.0.1:${server.server.address().port}`;
  afterAll(() => new Promise<void>((done) => server.close(done)));
  return self;
}
