/** Equals package.json's; a test compares them. */
export const AGENT_VERSION = "0.1.0";
