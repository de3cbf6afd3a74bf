import { type JsonObject, readToolCall, ScanError } from "../../contract/scan";
import type { ClientFacts } from "../../contract/v1";
import type { Step } from "../chain";
import type { Session } from "../session";
import { refusalText } from "../texts";

const text = (object: JsonObject | undefined, key: string, most: number): string | null => {
  const node = object?.get(key);
  return node?.type === "string" ? node.value.slice(0, most) : null;
};

/** What a client says of itself; shown as such, and good for patience only. */
function selfDescription(info: JsonObject | undefined, protocolVersion: string | null): ClientFacts {
  return {
    name: text(info, "name", 200) ?? "",
    version: text(info, "version", 100) ?? "",
    protocolVersion: protocolVersion?.slice(0, 50) ?? null,
  };
}

/** The client's facts from an `initialize`, or from the `_meta` that every request of the 2026-07-28 era carries. */
export function clientOf(method: string, params: JsonObject | undefined): ClientFacts | null {
  if (method === "initialize") {
    const info = params?.get("clientInfo");
    return selfDescription(info?.type === "object" ? info : undefined, text(params, "protocolVersion", 50));
  }
  const meta = params?.get("_meta");
  if (meta?.type !== "object") return null;
  const version = text(meta, "io.modelcontextprotocol/protocolVersion", 50);
  if (version === null) return null;
  const info = meta.get("io.modelcontextprotocol/clientInfo");
  return selfDescription(info?.type === "object" ? info : undefined, version);
}

/** Who calls, with what, and which tool. The caller is the session's: never the client's own word. */
export const identify =
  (session: Session): Step =>
  (call, next) => {
    session.open();
    call.client = clientOf(call.method, call.message.params) ?? session.client;
    if (call.method === "tools/call" && call.message.kind === "request") {
      try {
        call.toolName = readToolCall(call.message).name;
      } catch (error) {
        if (!(error instanceof ScanError)) throw error;
        call.refuse({ code: "malformed", text: refusalText(`${error.message}.`), detail: error.code });
        return;
      }
    }
    return next();
  };
