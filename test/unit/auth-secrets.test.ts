import { beforeEach, describe, expect, it } from "vitest";
import { hashPassword, oneTimePassword, verifyPassword } from "@/lib/auth/password";
import { readSessionCookie, sessionCookieName } from "@/lib/auth/session-cookie";
import { resetEnv } from "@/lib/core/env";
import { clientIp } from "@/lib/http/client-ip";

function configure(variables: Record<string, string>) {
  Object.assign(process.env, { DATABASE_URL: "postgresql://nobody@localhost/none", ...variables });
  resetEnv();
}

describe("passwords", () => {
  it("are kept as argon2id with the parameters chosen, salted each time", async () => {
    const [one, two] = await Promise.all([hashPassword("a long password"), hashPassword("a long password")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword(one, "a long password")).toBe(true);
    expect(await verifyPassword(one, "a long passwore")).toBe(false);
  });

  it("are the same however a keyboard composes a letter", async () => {
    expect(await verifyPassword(await hashPassword("caf\u00e9 au lait"), "cafe\u0301 au lait")).toBe(true);
  });

  it("never fit an account that has none", async () => {
    expect(await verifyPassword(null, "")).toBe(false);
    expect(await verifyPassword(null, "a long password")).toBe(false);
  });

  it("for one time are long, and of letters that cannot be mistaken", () => {
    const made = new Set(Array.from({ length: 200 }, oneTimePassword));
    expect(made.size).toBe(200);
    for (const text of made) expect(text).toMatch(/^[a-hjkmnp-z2-9]{5}(-[a-hjkmnp-z2-9]{5}){3}$/);
  });
});

describe("session cookie", () => {
  const token = "0123456789abcdef".repeat(4);
  const read = (cookie: string) => readSessionCookie(new Headers({ cookie }));

  it("is bound to host and https where there is https", () => {
    configure({ AUTH_URL: "https://console.example" });
    expect(sessionCookieName()).toBe("__Host-assentry.session");
    expect(read(`assentry.session=${token}`)).toBeNull();
    expect(read(`a=b; __Host-assentry.session=${token}`)).toBe(token);
  });

  it("is read exactly, and not at all when two of it disagree", () => {
    configure({ AUTH_URL: "http://localhost:3000" });
    expect(read(`assentry.session=${token}`)).toBe(token);
    expect(read(`xassentry.session=${token}`)).toBeNull();
    expect(read(`assentry.session=${token}; assentry.session=${token.replace("0", "1")}`)).toBeNull();
    expect(read("assentry.session=' or 1=1")).toBeNull();
    expect(read(`assentry.session=${token}0`)).toBeNull();
  });
});

describe("clientIp", () => {
  const ip = (forwarded: string) => clientIp(new Headers({ "x-forwarded-for": forwarded }));
  beforeEach(() => configure({ ASSENTRY_TRUSTED_PROXIES: "0" }));

  it("believes the socket, and forwarding headers only for as many hops as are trusted", () => {
    expect(ip("6.6.6.6, ::ffff:127.0.0.1")).toBe("127.0.0.1");
    configure({ ASSENTRY_TRUSTED_PROXIES: "1" });
    expect(ip("6.6.6.6, 203.0.113.7, 10.0.0.1")).toBe("203.0.113.7");
    expect(ip("10.0.0.1")).toBe("10.0.0.1");
  });
});
