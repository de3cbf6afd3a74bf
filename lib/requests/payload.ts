import { and, eq } from "drizzle-orm";
import { scanJson } from "@/agent/contract/scan";
import { maskSecrets } from "@/agent/contract/visible";
import type { Tx } from "@/db/client";
import { requestPayloads } from "@/db/schema/requests";
import { decryptPayload, encryptPayload } from "@/lib/core/crypto";

const about = (requestId: string) => `request:${requestId}:params`;

/** The exact source text of `arguments` within the source text of `params`; the whole of params for other methods. */
export function argumentsTextOf(paramsText: string): string {
  const node = scanJson(paramsText, { lineBreaks: "allow" });
  if (node.type !== "object") return paramsText;
  const args = node.get("arguments");
  return args ? paramsText.slice(args.start, args.end) : paramsText;
}

export async function storePayload(tx: Tx, requestId: string, paramsText: string): Promise<void> {
  const { masks } = maskSecrets(argumentsTextOf(paramsText));
  await tx.insert(requestPayloads).values({
    requestId,
    kind: "params",
    ...encryptPayload(paramsText, about(requestId)),
    bytes: Buffer.byteLength(paramsText),
    masked: masks.length,
  });
}

/** The arguments as they will be sent, and as they are shown before a reveal; null when retention removed them. */
export async function readPayload(tx: Pick<Tx, "select">, requestId: string) {
  const [row] = await tx
    .select()
    .from(requestPayloads)
    .where(and(eq(requestPayloads.requestId, requestId), eq(requestPayloads.kind, "params")));
  if (!row) return null;
  const exact = argumentsTextOf(decryptPayload(row, about(requestId)));
  return { exact, shown: maskSecrets(exact).text, masked: row.masked, bytes: Buffer.byteLength(exact) };
}
