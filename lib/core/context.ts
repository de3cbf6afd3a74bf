import type { Role } from "@/agent/contract/vocabulary";

/** Who acts, and through what. Built at the border (lib/http), handed to every verb. */
interface Base {
  id: string;
  name: string;
  ip: string | null;
  httpRequestId: string;
}
export interface PersonContext extends Base {
  type: "person";
  role: Role | null;
  email: string;
  sessionHash: string | null;
}
export interface TokenContext extends Base {
  type: "token";
  role: Role;
}
export interface AgentContext extends Base {
  type: "agent";
  role: null;
  serverId: string;
}
export interface SystemContext extends Base {
  type: "system";
  role: null;
}
export interface AnonymousContext extends Base {
  type: "anonymous";
  role: null;
}
export type Context = PersonContext | TokenContext | AgentContext | SystemContext | AnonymousContext;

/** The command line and background jobs act as the system: it runs where the keys are. */
export function systemContext(name: string, httpRequestId: string): SystemContext {
  return { type: "system", id: "system", name, role: null, ip: null, httpRequestId };
}
