import path from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { agentFor, tempDir } from "../support/agent";
import { axe, openContext, openPage, overflows, PHONE, signIn, WIDE } from "../support/browser";
import { OWNER, ROOT, startConsole, type TestConsole, waitFor } from "../support/console";
import { connectStdio } from "../support/mcp-client";

const LIMIT_KB = 170;

describe("the console's pages", () => {
  let console: TestConsole;
  let request: string;
  let server: string;

  beforeAll(async () => {
    console = await startConsole();
    const file = path.join(tempDir("eraser"), "executed");
    const command = [process.execPath, path.join(ROOT, "test/support/slow-server.mjs"), file];
    const client = await connectStdio(
      await agentFor(console, "crm-memory", command, { env: { ASSENTRY_PATIENCE_SECONDS: "900" } }),
    );
    await client.listTools();
    void client.callTool({ name: "erase", arguments: { record: 1 } }).catch(() => {});
    void client.callTool({ name: "erase", arguments: { record: 2 } }).catch(() => {});
    const pending = await waitFor(async () => {
      const found = await console.pending();
      return found.length === 2 && found;
    });
    await console.decide(pending[1].id, "approve");
    request = pending[0].id;
    server = pending[0].server.id;
  });

  const places = () => [
    "/requests",
    "/requests?tab=history",
    `/requests/${request}`,
    "/servers",
    `/servers/${server}`,
    "/tools",
    "/policies",
    "/audit",
    "/settings",
  ];
  const settled = async (page: Page) => {
    await page.locator("h1").first().waitFor();
    await page.waitForLoadState("load");
  };

  it.each([
    ["light", "wide"],
    ["dark", "wide"],
    ["light", "phone"],
    ["dark", "phone"],
  ] as const)(
    "are accessible and clean in %s on a %s screen, without sideways scrolling",
    async (scheme, screen) => {
      const page = await openPage(
        await openContext({ ...(screen === "wide" ? WIDE : PHONE), colorScheme: scheme }),
      );
      await page.goto(`${console.url}/sign-in`);
      expect(await axe(page), "sign-in").toEqual([]);
      await signIn(page, console.url, OWNER);
      for (const place of places()) {
        await page.goto(`${console.url}${place}`);
        await settled(page);
        expect(await axe(page), place).toEqual([]);
        expect(await overflows(page), place).toBe(false);
      }
      expect(page.problems).toEqual([]);
    },
  );

  it("load less JavaScript on the decision page than promised", async () => {
    const context = await openContext(WIDE);
    const page = await openPage(context);
    await signIn(page, console.url, OWNER);
    const fresh = await openPage(await openContext({ ...WIDE, storageState: await context.storageState() }));
    await fresh.goto(`${console.url}/requests/${request}`, { waitUntil: "networkidle" }).catch(() => {});
    await settled(fresh);
    const kilobytes = await fresh.evaluate(
      () =>
        performance
          .getEntriesByType("resource")
          .filter(
            (entry) =>
              (entry as PerformanceResourceTiming).initiatorType === "script" || entry.name.endsWith(".js"),
          )
          .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0) / 1024,
    );
    expect(kilobytes).toBeGreaterThan(50);
    expect(kilobytes).toBeLessThan(LIMIT_KB);
  });

  it("keep filters in the address, and survive a reload", async () => {
    const page = await openPage(await openContext(WIDE));
    await signIn(page, console.url, OWNER);
    await page.goto(`${console.url}/audit?action=request.approve`);
    await settled(page);
    const rows = () => page.locator("main").textContent();
    expect(await rows()).toMatch(/approved/i);
    expect(await rows()).not.toMatch(/signed in/i);
  });

  it("try a call against a draft, publish it, and tell a second editor that it is stale", async () => {
    const page = await openPage(await openContext(WIDE));
    await signIn(page, console.url, OWNER);
    const { body: before } = await console.api("GET", "/policies");
    const rule = { id: "no-erasing", name: "Nothing is erased", match: { tools: ["erase"] }, effect: "deny" };
    const draft = { ...before.document, rules: [rule, ...before.document.rules] };
    const tried = await console.api("POST", "/policies/try", {
      document: draft,
      server: "crm-memory",
      tool: "erase",
    });
    expect(tried.body).toMatchObject({ effect: "deny", rule: { id: "no-erasing" }, toolKnown: true });
    const standing = await console.api("POST", "/policies/try", { server: "crm-memory", tool: "erase" });
    expect(standing.body.effect).toBe("hold");
    await page.goto(`${console.url}/policies`);
    await page.getByRole("button", { name: /^edit/i }).click();
    await page
      .getByRole("textbox", { name: /document|policy|rules/i })
      .first()
      .fill(JSON.stringify(draft, null, 2));
    await page
      .getByRole("button", { name: /^publish/i })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    if (await dialog.isVisible().catch(() => false))
      await dialog.getByRole("button", { name: /publish/i }).click();
    await waitFor(async () => (await console.api("GET", "/policies")).body.version === before.version + 1);
    await page.getByText("Nothing is erased").first().waitFor();
    const stale = await console.api("PUT", "/policies", {
      document: before.document,
      baseVersion: before.version,
    });
    expect(stale.status).toBe(409);
  });

  it("take single keys for what they say: `a` asks, `g a` goes, and neither does both", async () => {
    const page = await openPage(await openContext(WIDE));
    await signIn(page, console.url, OWNER, `/requests/${request}`);
    await page
      .getByRole("button", { name: /^approve/i })
      .first()
      .waitFor();
    await page.keyboard.press("a");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    expect(page.url()).toContain(request);
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL(/\/audit/);
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect((await console.api("GET", `/requests/${request}`)).body.state).toBe("pending");
  });

  it("say when the connection is gone, and refuse to decide on what may be old", async () => {
    const page = await openPage(await openContext(WIDE));
    await signIn(page, console.url, OWNER, `/requests/${request}`);
    await page
      .getByRole("button", { name: /^approve/i })
      .first()
      .waitFor();
    await console.kill();
    await page
      .getByText(/what is shown may be old/i)
      .first()
      .waitFor();
    await page.keyboard.press("a");
    expect(page.url()).toContain(request);
    expect(await page.getByRole("button", { name: /^approve/i }).count()).toBe(0);
    expect(await page.getByRole("dialog").count()).toBe(0);
    await console.restart();
    await page
      .getByRole("button", { name: /^approve/i })
      .first()
      .waitFor();
  });
});
