import { beforeAll, describe, expect, it } from "vitest";
import { axe, overflows, PHONE, WIDE } from "../support/browser";
import { OWNER, startConsole, type TestConsole } from "../support/console";
import { signInWith, visit } from "../support/sign-in-page";

let console: TestConsole;
beforeAll(async () => {
  console = await startConsole();
});

async function signedIn() {
  const visitor = await visit();
  await visitor.page.goto(`${console.url}/sign-in`);
  await signInWith(visitor.page, OWNER.email, OWNER.password);
  await visitor.page.waitForURL(`${console.url}/requests**`);
  return visitor;
}
const alert = "[role=alert]:not(:empty)";

describe("the sign-in page", () => {
  it("is where a stranger lands, says plainly when it does not fit, and leads back", async () => {
    const { page, problems } = await visit();
    await page.goto(`${console.url}/requests?state=history`);
    await page.waitForURL(/\/sign-in\?callbackUrl=/);
    await page.getByText("You will come back to where you were.").waitFor();
    const texts: (string | null)[] = [];
    for (const email of [OWNER.email, "nobody@example.test"]) {
      await signInWith(page, email, "not the password");
      texts.push(await page.locator(alert).textContent());
      await page.reload();
    }
    expect(texts).toEqual(Array(2).fill("E-mail address and password do not fit together."));
    await signInWith(page, OWNER.email, OWNER.password);
    await page.waitForURL(`${console.url}/requests?state=history`);
    expect(problems).toEqual([]);
  });

  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/.//evil.example",
    "javascript:alert(1)",
  ])("does not lead to %s", async (target) => {
    const { page } = await visit();
    await page.goto(`${console.url}/sign-in?callbackUrl=${encodeURIComponent(target)}`);
    await signInWith(page, OWNER.email, OWNER.password);
    await page.waitForURL(`${console.url}/requests**`);
    await page.goto(`${console.url}/sign-in?callbackUrl=${encodeURIComponent(target)}`);
    expect(new URL(page.url()).origin).toBe(console.url);
  });

  it.each(["light", "dark"] as const)(
    "can be used by everybody, %s, also at 360 pixels",
    async (colorScheme) => {
      for (const window of [PHONE, WIDE]) {
        const { page, problems } = await visit({ ...window, colorScheme });
        await page.goto(`${console.url}/sign-in?error=account_conflict&callbackUrl=/requests`);
        await page.locator(alert).waitFor();
        expect(await axe(page)).toEqual([]);
        expect(await overflows(page)).toBe(false);
        expect(problems).toEqual([]);
        expect(await page.getByRole("button", { name: /Continue with/ }).count()).toBe(0);
      }
    },
  );

  it("shows nothing of what stands in its address", async () => {
    const { page } = await visit();
    await page.goto(`${console.url}/sign-in?error=Call%20555-0100%20now&code=x`);
    expect(await page.locator(alert).textContent()).toBe("Signing in did not come through. Try again.");
    expect(await page.getByRole("main").textContent()).not.toContain("555-0100");
  });

  it("works by keyboard alone, and shows the password when asked", async () => {
    const { page } = await visit();
    await page.goto(`${console.url}/sign-in`);
    await page.getByLabel("E-mail address").focus();
    await page.keyboard.type(OWNER.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(OWNER.password);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    expect(await page.getByLabel("Password", { exact: true }).getAttribute("type")).toBe("text");
    await page.getByLabel("Password", { exact: true }).press("Enter");
    await page.waitForURL(`${console.url}/requests**`);
  });
});

describe("a session in the browser", () => {
  it("is a cookie that scripts cannot read, and ends with signing out", async () => {
    const { page } = await signedIn();
    const cookies = await page.context().cookies();
    const session = cookies.find((cookie) => cookie.name.endsWith("assentry.session"));
    expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
    expect(await page.evaluate(() => document.cookie)).toBe("");
    await page.getByRole("button", { name: "Sign out" }).first().click();
    await page.waitForURL(`${console.url}/sign-in`);
    const stolen = await visit();
    await stolen.page.context().addCookies(session ? [session] : []);
    await stolen.page.goto(`${console.url}/requests`);
    expect(new URL(stolen.page.url()).pathname).toBe("/sign-in");
  });

  it("ends when it is revoked from elsewhere", async () => {
    const [here, there] = [await signedIn(), await signedIn()];
    const revoked = await there.page.evaluate(
      async () => (await fetch("/api/v1/sessions", { method: "DELETE" })).status,
    );
    expect(revoked).toBe(200);
    await here.page.goto(`${console.url}/servers`);
    expect(new URL(here.page.url()).pathname).toBe("/sign-in");
    await there.page.goto(`${console.url}/servers`);
    expect(new URL(there.page.url()).pathname).toBe("/servers");
  });

  it("with a one-time password leads to choosing an own one, and nowhere else before", async () => {
    const email = "fresh@example.test";
    const { password } = await console.cli("user", "add", "--email", email, "--role", "approver");
    const { page, problems } = await visit(PHONE);
    await page.goto(`${console.url}/sign-in`);
    await signInWith(page, email, password);
    await page.waitForURL(`${console.url}/change-password`);
    await page.goto(`${console.url}/servers`);
    await page.waitForURL(`${console.url}/change-password`);
    expect(await axe(page)).toEqual([]);
    expect(await overflows(page)).toBe(false);
    await page.getByLabel("Present password", { exact: true }).fill(password);
    await page.getByLabel("New password", { exact: true }).fill("my own long password");
    await page.getByLabel("New password, again", { exact: true }).fill("my own long password");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.waitForURL(`${console.url}/requests**`);
    expect(problems).toEqual([]);
  });
});

describe("headers", () => {
  it("let a page run its own scripts only, with another nonce each time", async () => {
    const [one, two] = [await fetch(`${console.url}/sign-in`), await fetch(`${console.url}/sign-in`)];
    const policy = one.headers.get("content-security-policy") ?? "";
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    for (const part of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(two.headers.get("content-security-policy")).not.toContain(nonce);
    const html = await one.text();
    for (const [tag] of html.matchAll(/<script[^>]*>/g)) expect(tag).toContain(`nonce="${nonce}"`);
    expect(Object.fromEntries(one.headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(one.headers.get("x-powered-by")).toBeNull();
  });

  it("keep answers of the API out of pages and caches", async () => {
    const answer = await fetch(`${console.url}/api/v1/me`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("do not let a caller write the address that limits and records go by", async () => {
    const { page } = await signedIn();
    await page.context().setExtraHTTPHeaders({ "x-forwarded-for": "6.6.6.6" });
    const sessions = await page.evaluate(async () => (await fetch("/api/v1/sessions")).json());
    expect(sessions.items[0].ip).toMatch(/^(127\.0\.0\.1|::1)$/);
    const { body } = await console.api("GET", "/audit?action=session.create&limit=5");
    expect(body.items[0].actor.ip).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  it("stand on a page that does not exist, too", async () => {
    const { page, problems } = await visit();
    const answer = await page.goto(`${console.url}/no/such/page`);
    expect(answer?.status()).toBe(404);
    expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
    expect(problems).toEqual([]);
  });
});
