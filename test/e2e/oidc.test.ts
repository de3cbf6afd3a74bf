import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { freePort, OWNER, startConsole, type TestConsole } from "../support/console";
import { CLIENT, startProvider, type TestProvider } from "../support/oidc-provider";
import { signInWith, visit } from "../support/sign-in-page";

const PEOPLE = {
  ines: { email: "ines@example.test", email_verified: true, name: "Ines Okafor" },
  tomas: { email: "tomas@example.test", email_verified: true, name: "Tomás Rey" },
  pretender: { email: OWNER.email, email_verified: true, name: "Not the owner" },
  unverified: { email: "somebody@example.test", email_verified: false },
  nameless: {},
};

let console: TestConsole;
let provider: TestProvider;
beforeAll(async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const oidc = { AUTH_OIDC_ISSUER: issuer, AUTH_OIDC_ID: CLIENT.id, AUTH_OIDC_SECRET: CLIENT.secret };
  console = await startConsole({ env: { ...oidc, AUTH_OIDC_NAME: "Example SSO" } });
  provider = await startProvider(port, console.url, PEOPLE);
});

async function toProvider(page: Page, login: keyof typeof PEOPLE, callbackUrl = "/requests") {
  await page.goto(`${console.url}/sign-in?callbackUrl=${encodeURIComponent(callbackUrl)}`);
  await page.getByRole("button", { name: "Continue with Example SSO" }).click();
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
}
const me = (page: Page) => page.evaluate(async () => (await fetch("/api/v1/me")).json());
const alert = "[role=alert]:not(:empty)";

describe("an OpenID provider", () => {
  it("signs somebody in, with PKCE, state and nonce, without any role", async () => {
    const { page, problems } = await visit();
    await toProvider(page, "ines", "/servers?from=sso");
    await page.waitForURL(`${console.url}/servers?from=sso`);
    expect(await me(page)).toMatchObject({
      email: "ines@example.test",
      name: "Ines Okafor",
      role: null,
      permissions: [],
      hasPassword: false,
    });
    const status = await page.evaluate(async () => (await fetch("/api/v1/requests")).status);
    expect(status).toBe(403);
    const asked = provider.authorizations.at(0);
    expect(asked).toMatchObject({
      code_challenge_method: "S256",
      response_type: "code",
      scope: "openid profile email",
    });
    for (const check of [asked?.code_challenge, asked?.state, asked?.nonce])
      expect(check?.length).toBeGreaterThan(20);
    expect(problems).toEqual([]);
  });

  it("knows the same person again, and another as another", async () => {
    const ids: string[] = [];
    for (const login of ["ines", "tomas", "ines"] as const) {
      const { page } = await visit();
      await toProvider(page, login);
      await page.waitForURL(`${console.url}/requests**`);
      ids.push((await me(page)).id);
    }
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    const { body } = await console.api("GET", "/users");
    expect(body.items.filter((u: { hasPassword: boolean }) => !u.hasPassword)).toHaveLength(2);
  });

  it("gives a role only when an owner does; then sessions start anew", async () => {
    const { page } = await visit();
    await toProvider(page, "tomas");
    await page.waitForURL(`${console.url}/requests**`);
    const { id } = await me(page);
    expect((await console.api("PATCH", `/users/${id}`, { role: "approver" })).status).toBe(200);
    expect((await me(page)).error.code).toBe("unauthenticated");
    await toProviderAgain(page);
    expect(await me(page)).toMatchObject({ id, role: "approver" });
  });

  it("links no account by its e-mail address, and does not say more than that", async () => {
    const { page } = await visit();
    await toProvider(page, "pretender");
    await page.waitForURL(/\/sign-in\?error=account_conflict/);
    expect(await page.locator(alert).textContent()).toContain("already belongs to an account here");
    expect((await me(page)).error.code).toBe("unauthenticated");
    const { body } = await console.api("GET", "/audit?action=session.refuse&limit=1");
    expect(body.items[0]).toMatchObject({
      outcome: "refused",
      actor: { type: "anonymous" },
      detail: { provider: "oidc" },
    });
  });

  it.each(["unverified", "nameless"] as const)(
    "without a verified address (%s) signs nobody in",
    async (login) => {
      const { page } = await visit();
      await toProvider(page, login);
      await page.waitForURL(/\/sign-in\?error=account_invalid/);
      expect(await page.locator(alert).textContent()).toContain("no verified e-mail address");
    },
  );

  it("does not attach itself to whoever is signed in at the moment", async () => {
    const { page } = await visit();
    await page.goto(`${console.url}/sign-in`);
    await signInWith(page, OWNER.email, OWNER.password);
    await page.waitForURL(`${console.url}/requests**`);
    const owner = await me(page);
    const left = await page.evaluate(async () => {
      const { csrfToken } = await (await fetch("/api/auth/csrf")).json();
      const body = new URLSearchParams({ csrfToken, callbackUrl: "/requests" });
      const headers = { "x-auth-return-redirect": "1" };
      return (await fetch("/api/auth/signin/oidc", { method: "POST", body, headers })).json();
    });
    await page.goto(left.url);
    await page.locator("input[name=login]").fill("ines");
    await page.locator("input[name=password]").fill("anything");
    await page.locator("button[type=submit]").click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(`${console.url}/requests**`);
    expect(await me(page)).toMatchObject({ email: "ines@example.test" });
    expect((await me(page)).id).not.toBe(owner.id);
  });

  it("refuses an answer that this browser did not ask for", async () => {
    const { page } = await visit();
    const before = provider.tokenRequests;
    await page.goto(`${console.url}/api/auth/callback/oidc?code=stolen&state=forged`);
    await page.waitForURL(/\/sign-in\?error=/);
    expect(await page.locator(alert).textContent()).toContain("did not come through");
    expect(provider.tokenRequests).toBe(before);
    expect((await me(page)).error.code).toBe("unauthenticated");
  });

  it("can be turned down by the person, who is back at the sign-in page then", async () => {
    const { page } = await visit();
    await page.goto(`${console.url}/sign-in`);
    await page.getByRole("button", { name: "Continue with Example SSO" }).click();
    await page.getByRole("link", { name: /Cancel/ }).click();
    await page.waitForURL(/\/sign-in\?error=/);
    expect(await page.locator(alert).textContent()).toContain("did not let you in");
  });
});

/** The provider still knows this browser. */
async function toProviderAgain(page: Page) {
  await page.goto(`${console.url}/sign-in?callbackUrl=/requests`);
  await page.getByRole("button", { name: "Continue with Example SSO" }).click();
  await page.waitForURL(`${console.url}/requests**`);
}
