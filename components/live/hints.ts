import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** What /api/events says: something changed, go and read. Never content. */
export type Hint =
  | { t: "request"; id: string; state: string; server: string }
  | { t: "servers" }
  | { t: "audit" }
  | { t: "bundle" }
  | { t: "resync" };

/** What a hint makes old. Lists that people read are not here: they offer what is new instead of jumping. */
export function keysOf(hint: Hint): QueryKey[] {
  switch (hint.t) {
    case "request":
      return [["request", hint.id], ["requests-head"], ["status"], ["servers"], ["server"], ["timeline"]];
    case "servers":
      return [["servers"], ["server"], ["tools"], ["status"]];
    case "audit":
      return [["audit-head"], ["timeline"], ["status"]];
    case "bundle":
      return [["policy"], ["policy-versions"], ["servers"], ["server"], ["status"]];
    case "resync":
      return RESYNC;
  }
}
const RESYNC: QueryKey[] = [
  "request requests-head audit-head status servers server tools policy policy-versions timeline notices",
].flatMap((names) => names.split(" ").map((name) => [name]));

/** Collects what became old and asks for it again at most five times a second. */
export function makeFlusher(client: QueryClient, waitMs = 200) {
  const keys = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    add(hint: Hint) {
      for (const key of keysOf(hint)) keys.set(JSON.stringify(key), key);
      timer ??= setTimeout(() => {
        timer = undefined;
        const due = [...keys.values()];
        keys.clear();
        for (const queryKey of due) void client.invalidateQueries({ queryKey });
      }, waitMs);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
