// An MCP server on stdio that does nothing but answer.
import { createInterface } from "node:readline";
import { answer } from "./answers.mjs";

createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
  const reply = answer(line);
  if (reply !== null) process.stdout.write(`${reply}\n`);
});
