import { createPublicKey, type KeyObject, randomBytes, verify } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { PayloadKind } from "@/agent/contract/dsse";
import { DEFAULT_POLICY } from "@/agent/contract/policy";
import {
  contentDigestHeader,
  parseSignature,
  parseSignatureInput,
  signatureBase,
} from "@/agent/contract/signature";
import {
  type AgentEvent,
  type Bundle,
  claimInput,
  enrolInput,
  eventsInput,
  holdInput,
  streamInput,
  waiterInput,
} from "@/agent/contract/v1";
import type { RequestState } from "@/agent/contract/vocabulary";
import { sha256Base64 } from "@/agent/src/crypto";
import { ConsoleSigner } from "./console-signer";
import { claim, type Held, hold, id, iso, Refused } from "./contract-requests";

/**
 * The console's half of the wire contract and nothing more: a real HTTP server that keeps its state in memory. For
 * what a real console cannot be made to do: bad signatures, lost replies, frozen heartbeats, changed tickets.
 */
export class ContractConsole {
  readonly serverId = id("srv");
  readonly agentId = id("agt");
  private readonly signer = new ConsoleSigner();
  private readonly server: Server;
  private readonly streams = new Set<ServerResponse>();
  private agentKey: KeyObject | null = null;
  private timer: NodeJS.Timeout | null = null;
  seq = 1;
  policyVersion = 1;
  bundle: Partial<Bundle> = {};
  readonly held: Held[] = [];
  readonly events: AgentEvent[] = [];
  readonly lastSeq = new Map<string, number>();
  readonly enrolments: string[] = [];
  readonly positions: unknown[] = [];
  beating = true;
  /** replies to these paths are computed, then cut off, so many times */
  readonly cut = new Map<string, number>();
  /** answers 503 to these paths */
  readonly away = new Set<string>();
  /** no signed request is accepted, under this code */
  rejecting: "unauthenticated" | "forbidden" | null = null;
  /** how far our clock is ahead */
  clockMs = 0;
  changeTicket: ((ticket: Record<string, unknown>) => void) | null = null;
  signTicketsWith: KeyObject | null = null;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  /** stays the same after `stop` */
  url = "";

  /** @param port for a second start at the same address */
  async start(port = 0): Promise<this> {
    await new Promise<void>((done) => this.server.listen(port, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    this.timer = setInterval(() => this.beat(), 200);
    return this;
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }

  token(pin?: string): string {
    return this.signer.token(pin);
  }

  seal(kind: PayloadKind, payload: unknown, key?: KeyObject, kid?: string) {
    return this.signer.seal(kind, payload, key, kid);
  }

  get position() {
    return { epoch: 0, seq: this.seq };
  }

  /** Changes the bundle and sends it to every stream. */
  publish(change: Partial<Bundle> = {}, document?: unknown): void {
    this.seq++;
    Object.assign(this.bundle, change);
    if (document !== undefined) {
      this.policyVersion++;
      this.bundle.policy = { version: this.policyVersion, digest: "0".repeat(64), document };
    }
    for (const stream of this.streams) this.say(stream, "bundle", this.seal("bundle", this.wholeBundle()));
  }

  private wholeBundle(): Bundle {
    return {
      v: 1,
      serverId: this.serverId,
      serverName: "files",
      issuedAt: iso(),
      notAfter: iso(Date.now() + 3_600_000),
      mode: "enforce",
      observe: null,
      policy: { version: 1, digest: "0".repeat(64), document: DEFAULT_POLICY },
      approved: [],
      revokedCallers: [],
      stops: [],
      demandLogProof: false,
      ...this.bundle,
      position: this.position,
    };
  }

  private say(stream: ServerResponse, event: string, data: unknown): void {
    stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** A heartbeat of now, or of another time or position. */
  beat(at = Date.now() + this.clockMs, position = this.position): void {
    if (!this.beating) return;
    const beat = this.seal("heartbeat", { serverId: this.serverId, at: iso(at), position });
    for (const stream of this.streams) this.say(stream, "heartbeat", beat);
  }

  dropStreams(): void {
    for (const stream of this.streams) stream.destroy();
  }

  decide(held: Held, state: RequestState, reason: string | null = null): void {
    held.state = state;
    held.reason = reason;
    for (const stream of this.streams) this.say(stream, "request", { id: held.id, state, reason });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const path = (request.url ?? "").replace("/api/agent/v1/", "");
    const kind = path.replace(/^requests\/[^/]+\//, "");
    try {
      if (this.away.has(kind)) throw new Refused(503, "unavailable");
      if (this.rejecting) throw new Refused(this.rejecting === "forbidden" ? 403 : 401, this.rejecting);
      if (path !== "enroll") this.authenticate(request, text);
      const body: unknown = JSON.parse(text);
      if (path === "stream") return this.stream(response, streamInput.parse(body));
      const reply = this.answer(path, kind, body);
      const cuts = this.cut.get(kind) ?? 0;
      if (cuts > 0) {
        this.cut.set(kind, cuts - 1);
        request.socket.destroy();
        return;
      }
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
    } catch (error) {
      const { status, code, details } = error instanceof Refused ? error : new Refused(400, String(error));
      const failure = { error: { code, message: code.slice(0, 200), details, requestId: "http_1" } };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(failure));
    }
  }

  private authenticate(request: IncomingMessage, text: string): void {
    const params = parseSignatureInput(String(request.headers["signature-input"]));
    const signature = parseSignature(String(request.headers.signature));
    const contentDigest = contentDigestHeader(sha256Base64(text));
    if (!params || !signature || !this.agentKey || params.keyId !== this.agentId)
      throw new Refused(401, "unsigned");
    const base = signatureBase({ method: "POST", path: request.url ?? "", query: "", contentDigest }, params);
    if (!verify(null, Buffer.from(base), this.agentKey, Buffer.from(signature, "base64")))
      throw new Refused(401, "bad_signature");
    const time = Date.now() + this.clockMs;
    if (Math.abs(time / 1000 - params.created) > 60)
      throw new Refused(401, "clock_skew", { time: iso(time) });
  }

  private answer(path: string, kind: string, body: unknown): unknown {
    if (path === "enroll") return this.enrol(enrolInput.parse(body));
    if (path === "events") return this.take(eventsInput.parse(body));
    if (path === "requests") return hold(this, holdInput.parse(body));
    const held = this.held.find((one) => path === `requests/${one.id}/${kind}`);
    if (!held) throw new Refused(404, "not_found");
    if (kind === "claim") return claim(this, held, claimInput.parse(body));
    held.waiterGone = waiterInput.parse(body).reason;
    return { id: held.id, state: held.state };
  }

  private enrol(input: ReturnType<typeof enrolInput.parse>) {
    this.enrolments.push(input.token);
    const x = input.publicKey;
    this.agentKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return {
      agentId: this.agentId,
      serverId: this.serverId,
      serverName: input.server,
      consoleKeys: this.signer.keys(),
      fingerprintKey: randomBytes(32).toString("base64url"),
      time: iso(),
    };
  }

  private stream(response: ServerResponse, input: ReturnType<typeof streamInput.parse>): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const at = iso(Date.now() + this.clockMs);
    const hello = { nonce: input.nonce, serverId: this.serverId, at, position: this.position };
    const states = this.held.filter((one) => input.waiting.includes(one.id));
    const requests = states.map(({ id, state, reason }) => ({ id, state, reason }));
    this.say(response, "hello", { hello: this.seal("hello", hello), requests });
    this.say(response, "bundle", this.seal("bundle", this.wholeBundle()));
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  private take(input: ReturnType<typeof eventsInput.parse>) {
    const last = this.lastSeq.get(input.instance) ?? 0;
    this.positions.push(input.position);
    const first = input.events[0]?.seq;
    if (first !== undefined && first !== last + 1) throw new Refused(409, "sequence", { lastSeq: last });
    this.events.push(...input.events.map(({ event }) => event));
    this.lastSeq.set(input.instance, last + input.events.length);
    return { lastSeq: last + input.events.length };
  }
}
