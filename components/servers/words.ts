const ENFORCEMENT: Record<string, string> = {
  cooperative: "cooperative: the agent runs as the AI client’s own user",
  separated: "separated: the server is reached only through the agent",
};

/** How strongly the agent stands between client and server, in words. */
export const enforcementWords = (name: string) => ENFORCEMENT[name] ?? name.replaceAll("_", " ");
