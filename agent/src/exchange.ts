/**
 * Where one message came from and where its answer goes. stdio has one for the whole session, HTTP one per POST.
 * Bytes are one whole JSON-RPC message, with or without its line terminator.
 */
export interface Exchange {
  /** @param last it answers the request that came here: nothing about that one follows */
  toClient(bytes: Buffer, last?: boolean): void;
  toUpstream(bytes: Buffer): void;
  /** Called once when a call begins to wait for a person: HTTP sends its headers now. */
  holding?(): void;
  /** Set where the same id on two exchanges names two requests; differs between those. */
  readonly scope?: string;
  /** How long a client can be kept waiting here at most, in milliseconds. */
  readonly patienceMs?: number;
}

/** @param key an id as the scanner names it */
export const scopedKey = (exchange: Exchange, key: string): string => `${exchange.scope ?? ""}${key}`;
