/**
 * Where one message came from and where its answer goes. stdio has one for the whole session, HTTP one per POST.
 * Bytes are one whole JSON-RPC message, with or without its line terminator.
 */
export interface Exchange {
  toClient(bytes: Buffer): void;
  toUpstream(bytes: Buffer): void;
  /** Called once when a call begins to wait for a person: HTTP sends its headers now. */
  holding?(): void;
}
