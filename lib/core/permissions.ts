import type { Role } from "@/agent/contract/vocabulary";

/** Every permission, and who has it (decision 16). Deny by default: what is not listed here nobody may. Browser-safe. */
const GRANTS = {
  "requests.read": ["owner", "admin", "approver", "auditor", "member"],
  "requests.decide": ["owner", "admin", "approver"],
  /** see the arguments (masked); auditors only by a grant, which comes with the verifiable trail */
  "requests.arguments": ["owner", "admin", "approver"],
  "requests.reveal": ["owner", "admin", "approver"],
  "servers.read": ["owner", "admin", "approver", "auditor", "member"],
  "servers.manage": ["owner", "admin"],
  "agents.enrol": ["owner", "admin"],
  "policies.read": ["owner", "admin", "approver", "auditor"],
  "policies.publish": ["owner", "admin"],
  "audit.read": ["owner", "admin", "auditor"],
  "audit.own": ["owner", "admin", "auditor", "approver", "member"],
  "users.read": ["owner", "admin", "auditor"],
  "users.manage": ["owner", "admin"],
  "tokens.read": ["owner", "admin", "auditor"],
  "tokens.manage": ["owner", "admin"],
  "self.manage": ["owner", "admin", "approver", "auditor", "member"],
  "notices.read": ["owner", "admin", "auditor", "approver"],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof GRANTS;
export const PERMISSIONS = Object.keys(GRANTS) as Permission[];

export function allows(role: Role | null, permission: Permission): boolean {
  return role !== null && (GRANTS[permission] as readonly Role[]).includes(role);
}

export const permissionsOf = (role: Role | null): Permission[] =>
  (Object.keys(GRANTS) as Permission[]).filter((permission) => allows(role, permission));
