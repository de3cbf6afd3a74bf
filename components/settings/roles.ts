import type { Role } from "@/agent/contract/vocabulary";

/** What each role is for, most first. */
export const ROLE_WORDS: Record<Role, string> = {
  owner: "everything",
  admin: "users, servers, policies, tokens, requests",
  approver: "decides, reads the inventory",
  auditor: "reads everything but arguments, changes nothing",
  member: "own servers and their requests",
};
export const ROLES = Object.keys(ROLE_WORDS) as Role[];

/** Only an owner makes or changes owners. */
export const rolesFor = (mine: Role | null): Role[] =>
  ROLES.filter((role) => role !== "owner" || mine === "owner");
