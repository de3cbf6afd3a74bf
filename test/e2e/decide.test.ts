import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { agentFor, tempDir } from "../support/agent";
import { openContext, openPage, overflows, PHONE, signIn, WIDE } from "../support/browser";
import { OWNER, ROOT, run, startConsole, type TestConsole, waitFor } from "../support/console";
import { connectStdio, type McpClient, textOf } from "../support/mcp-client";

const AMARA = { email: "amara@example.test", password: "a long enough pass phrase" };

describe("deciding in the browser", () => {
  let console: TestConsole;
  let client: McpClient;
  let file: string;
  const executed = () => (existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []);
  const held = async () => (await waitFor(async () => (await console.pending())[0])).id as string;
  const erase = (args: Record<string, unknown>) => client.callTool({ name: "erase", arguments: args });

  beforeAll(async () => {
    console = await startConsole();
    await addPerson(console, AMARA, "approver", "Amara Berg");
    file = path.join(tempDir("eraser"), "executed");
    const command = [process.execPath, path.join(ROOT, "test/support/slow-server.mjs"), file];
    client = await connectStdio(
      await agentFor(console, "crm-memory", command, { env: { ASSENTRY_PATIENCE_SECONDS: "600" } }),
    );
    await client.listTools();
  });

  it("a call appears while the inbox is open; approved by keyboard it is executed, stage by stage", async () => {
    const page = await openPage(await openContext(WIDE));
    await signIn(page, console.url, OWNER);
    await page
      .getByText(/nothing waits/i)
      .first()
      .waitFor();
    const call = erase({ record: "Northwind\u200b GmbH", password: "hunter2-hunter2" });
    const id = await held();
    await page.getByText("erase").first().waitFor();
    await page.goto(`${console.url}/requests/${id}`);
    await page.getByText("U+200B").first().waitFor();
    expect(await page.locator("main").textContent()).not.toContain("hunter2-hunter2");
    await page
      .getByRole("button", { name: /reveal/i })
      .first()
      .click();
    await page.getByText("hunter2-hunter2").waitFor();
    await page.getByRole("heading", { name: /erase/ }).first().click();
    await page.keyboard.press("a");
    await page.getByRole("dialog").waitFor();
    expect(executed()).toEqual([]);
    await page.keyboard.press("Control+Enter");
    expect(textOf(await call)).toContain("erased");
    await page
      .getByText(/executed/i)
      .first()
      .waitFor();
    expect(executed()).toHaveLength(1);
    expect(await waitFor(async () => (await page.locator("main").textContent())?.match(/#\d+/)?.[0])).toMatch(
      /^#\d+$/,
    );
    const actions = await waitFor(async () => {
      const { body } = await console.api("GET", `/audit?request=${id}&limit=100`);
      const found = body.items.map((entry: { action: string }) => entry.action);
      return found.includes("call.finish") && found;
    });
    for (const action of [
      "request.create",
      "request.open",
      "request.reveal",
      "request.approve",
      "request.release",
    ]) {
      expect(actions).toContain(action);
    }
    await page
      .getByText(/^executed/i)
      .first()
      .waitFor();
    expect(page.problems).toEqual([]);
  });

  it("on a phone: denied with a reason, which the model is told; nothing scrolls sideways", async () => {
    const page = await openPage(await openContext(PHONE));
    await signIn(page, console.url, AMARA);
    const call = erase({ record: "x".repeat(400) });
    const id = await held();
    await page.goto(`${console.url}/requests/${id}`);
    await page.getByRole("button", { name: /^deny/i }).first().tap();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("use the archive instead");
    expect(await overflows(page)).toBe(false);
    await dialog.getByRole("button", { name: /^deny this call/i }).tap();
    const result = await call;
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain("use the archive instead");
    await page
      .getByText(/denied/i)
      .first()
      .waitFor();
    expect(executed()).toHaveLength(1);
  });

  it("two people at once: one wins, the other is told by whom and when", async () => {
    const call = erase({ record: "race" });
    const id = await held();
    const [one, two] = await Promise.all(
      [OWNER, AMARA].map(async (who) => {
        const page = await openPage(await openContext(WIDE));
        await signIn(page, console.url, who, `/requests/${id}`);
        await page
          .getByRole("button", { name: /^approve…?/i })
          .first()
          .click();
        await page.getByRole("dialog").waitFor();
        return page;
      }),
    );
    if (!one || !two) throw new Error("two pages");
    // the second page must still hold its open dialog when it sends
    await two.route("**/api/events", (route) => route.abort());
    await one.getByRole("button", { name: /approve this call/i }).click();
    await call;
    await two.getByRole("button", { name: /approve this call/i }).click();
    await two
      .getByText(/already approved by/i)
      .first()
      .waitFor();
    expect(executed()).toHaveLength(2);
  });

  it("who may not decide sees why, no arguments, and no buttons", async () => {
    const theo = { email: "theo@example.test", password: "another long pass phrase" };
    await addPerson(console, theo, "auditor", "Theo Marchetti");
    const call = erase({ record: "unseen-marker" });
    const id = await held();
    const page = await openPage(await openContext(WIDE));
    await signIn(page, console.url, theo, `/requests/${id}`);
    await page
      .getByText(/does not decide/i)
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: /^approve/i }).count()).toBe(0);
    expect(await page.content()).not.toContain("unseen-marker");
    await console.decide(id, "deny");
    await call;
  });
});

async function addPerson(console: TestConsole, who: typeof AMARA, role: string, name: string): Promise<void> {
  const made = JSON.parse(
    await run(
      process.execPath,
      [
        "--import",
        "tsx",
        "lib/cli/main.ts",
        "user",
        "add",
        "--email",
        who.email,
        "--role",
        role,
        "--name",
        name,
        "--password-stdin",
        "--json",
      ],
      console.env,
      who.password,
    ),
  );
  expect(made).toBeTruthy();
}
