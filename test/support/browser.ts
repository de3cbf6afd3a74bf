import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { atEnd } from "./cleanup";
import { ROOT } from "./console";

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** CHROMIUM_PATH, the system's, then the one that comes inside a package: a machine with only Node and npm has that. */
async function executable(): Promise<{ path: string; args: string[] }> {
  const given = process.env.CHROMIUM_PATH;
  if (given) return { path: given, args: FLAGS };
  const system = SYSTEM.find((file) => existsSync(file));
  if (system) return { path: system, args: FLAGS };
  // It unpacks the system libraries it needs only where it believes to be on such a platform.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
  const main = createRequire(path.join(ROOT, "test/peers/package.json")).resolve("@sparticuz/chromium");
  const packaged = (await import(/* @vite-ignore */ pathToFileURL(main).href)).default;
  return { path: await packaged.executablePath(), args: [...packaged.args, ...FLAGS] };
}

let browser: Promise<Browser> | null = null;

/** One browser per test file; a fresh context (cookies, storage) per call. */
export async function openContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  browser ??= executable().then(({ path, args }) => {
    const launched = chromium.launch({ executablePath: path, args, headless: true });
    atEnd(async () => (await launched).close());
    return launched;
  });
  const context = await (await browser).newContext({ locale: "en-GB", ...options });
  context.setDefaultTimeout(20_000);
  return context;
}

export const WIDE: BrowserContextOptions = { viewport: { width: 1360, height: 900 } };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 780 },
  hasTouch: true,
  isMobile: true,
};

/** A page whose console must stay clean: errors and CSP violations are collected. */
export async function openPage(context: BrowserContext): Promise<Page & { problems: string[] }> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    // Chromium reports every 4xx answer here; the tests look at those answers themselves.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      problems.push(message.text());
  });
  return Object.assign(page, { problems });
}

export async function signIn(
  page: Page,
  url: string,
  who: { email: string; password: string },
  to = "/requests",
): Promise<void> {
  await page.goto(`${url}/sign-in?callbackUrl=${encodeURIComponent(to)}`);
  await page.getByLabel(/e-?mail/i).fill(who.email);
  await page.getByLabel(/^password/i).fill(who.password);
  await page.getByRole("button", { name: /^sign in$/i }).click();
  await page.waitForURL((at) => at.pathname === to.split("?")[0]);
}

const axeSource = () =>
  readFileSync(createRequire(path.join(ROOT, "package.json")).resolve("axe-core/axe.min.js"), "utf8");

/** WCAG 2.2 A and AA violations of the page as it stands: rule and the first places. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource());
  return page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const run = (globalThis as unknown as { axe: { run(o: object): Promise<AxeResult> } }).axe.run;
    interface AxeResult {
      violations: { id: string; nodes: { html: string }[] }[];
    }
    const result = await run({ runOnly: { type: "tag", values: tags } });
    return result.violations.map(
      (v) =>
        `${v.id}: ${v.nodes
          .slice(0, 3)
          .map((n) => n.html.slice(0, 160))
          .join(" | ")}`,
    );
  });
}

/** True when the page scrolls sideways. */
export const overflows = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
