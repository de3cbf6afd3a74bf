import type { CallerFacts, RefusalCode } from "../contract/v1";
import { newId } from "./ids";
import type { Spool } from "./spool";

const WINDOW_MS = 60_000;
const MAX_KEYS = 100;
const ELSEWHERE = "elsewhere";

export interface HttpRefusal {
  readonly code: RefusalCode;
  /** our own words; never the caller's */
  readonly detail: string | null;
  /** the address it came from */
  readonly source: string;
  readonly caller: CallerFacts | null;
}

/**
 * Records requests that were refused before any rule was asked. Of equal ones within a minute the first is recorded at
 * once and the rest as a number, so that a flood neither fills the spool nor hides.
 */
export class HttpRefusals {
  private readonly counts = new Map<string, { refusal: HttpRefusal; more: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly spool: Pick<Spool, "report">,
    windowMs = WINDOW_MS,
  ) {
    this.timer = setInterval(() => this.flush(), windowMs).unref();
  }

  note(refusal: HttpRefusal): void {
    const keyOf = (source: string) => [refusal.code, refusal.detail, refusal.caller?.key, source].join(" ");
    let key = keyOf(refusal.source);
    if (!this.counts.has(key) && this.counts.size >= MAX_KEYS) key = `${refusal.code} ${ELSEWHERE}`;
    const known = this.counts.get(key);
    if (known) {
      known.more++;
      return;
    }
    const kept = key.endsWith(ELSEWHERE) ? { ...refusal, source: ELSEWHERE, caller: null } : refusal;
    this.counts.set(key, { refusal: kept, more: 0 });
    this.report(kept, null);
  }

  private report({ code, detail, source, caller }: HttpRefusal, more: number | null): void {
    const words = [more === null ? null : `${more} more`, detail, caller ? null : `from ${source}`];
    this.spool.report({
      type: "call.refused",
      at: new Date().toISOString(),
      call: newId("cal"),
      caller,
      method: null,
      tool: null,
      code,
      detail: words.filter(Boolean).join(" ").slice(0, 300),
      request: null,
      rule: null,
      policyVersion: null,
    });
  }

  /** Records what was only counted, and begins anew. */
  flush(): void {
    for (const { refusal, more } of this.counts.values()) if (more > 0) this.report(refusal, more);
    this.counts.clear();
  }

  stop(): void {
    clearInterval(this.timer);
    this.flush();
  }
}
