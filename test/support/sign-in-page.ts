import type { BrowserContextOptions, Page } from "playwright-core";
import { openContext, openPage } from "./browser";

/** A visitor of their own: no cookies yet. `problems` collects what the browser complains about. */
export async function visit(options: BrowserContextOptions = {}) {
  const page = await openPage(await openContext(options));
  return { page, problems: page.problems };
}

/** Fills in and sends the sign-in form that is open. */
export async function signInWith(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}
