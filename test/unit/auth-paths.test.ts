import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { email } from "@/lib/auth/email";
import { afterSignIn, safePath } from "@/lib/auth/safe-path";
import { createUserInput, hoursOf, lifetime } from "@/lib/auth/schemas";

describe("safePath", () => {
  it.each([
    ["/requests?state=pending#x", "/requests?state=pending#x"],
    ["/", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["/.//evil.example", "/"],
    ["/a/..//evil.example", "/"],
    ["/\t/evil.example", "/"],
    ["https://evil.example/", "/"],
    ["javascript:alert(1)", "/"],
    ["evil", "/"],
    ["", "/"],
    [undefined, "/"],
    [["/requests", "/x"], "/"],
    [`/${"x".repeat(3000)}`, "/"],
  ])("leads %j to %j", (given, path) => {
    expect(safePath(given)).toBe(path);
  });

  it("never leaves the console's origin, whatever is asked", () => {
    const piece = fc.constantFrom(
      "/",
      "\\",
      ".",
      "..",
      "@",
      ":",
      "evil.example",
      "\t",
      "\n",
      "%2f",
      "%5c",
      "?",
      "#",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const base = "https://console.example";
        expect(new URL(safePath(pieces.join("")), base).origin).toBe(base);
      }),
      { numRuns: 2000 },
    );
  });

  it("does not come back to the sign-in page or to an answer that is no page", () => {
    for (const path of ["/sign-in", "/sign-in?x=1", "/api/auth/signout", "/api"])
      expect(afterSignIn(path)).toBe("/");
    expect(afterSignIn("/sign-in-help")).toBe("/sign-in-help");
  });
});

describe("email", () => {
  it("folds case and spaces around it, and nothing else", () => {
    expect(email.parse("  Ines.Okafor@Example.ORG ")).toBe("ines.okafor@example.org");
    expect(email.parse("owner@localhost")).toBe("owner@localhost");
  });

  it.each([
    "inеs@example.org", // Cyrillic е
    "ines＠example.org", // fullwidth @
    "ines@exаmple.org",
    "ınes@example.org", // dotless i, which some folds make an i
    "ines@example.org\u200b",
    "ines@example.org, other@example.org",
    "ines @example.org",
    "ines@@example.org",
    "@example.org",
    "ines",
    `${"a".repeat(250)}@x.org`,
  ])("refuses %j", (text) => {
    expect(email.safeParse(text).success).toBe(false);
  });
});

describe("inputs", () => {
  it("bounds passwords and names", () => {
    const base = { email: "a@example.org", role: "approver" };
    expect(createUserInput.safeParse({ ...base, password: "short" }).success).toBe(false);
    expect(createUserInput.safeParse({ ...base, password: "x".repeat(201) }).success).toBe(false);
    expect(createUserInput.safeParse({ ...base, name: "ad\u202emin" }).success).toBe(false);
    expect(createUserInput.safeParse({ ...base, role: "root" }).success).toBe(false);
    expect(createUserInput.safeParse({ ...base, password: "long enough", name: "Ines" }).success).toBe(true);
  });

  it("reads lifetimes", () => {
    expect(hoursOf(lifetime.parse("30d"))).toBe(720);
    expect(hoursOf(lifetime.parse("12h"))).toBe(12);
    for (const bad of ["0d", "367d", "30", "-1d", "1.5d", "30 d", "forever"]) {
      expect(lifetime.safeParse(bad).success).toBe(false);
    }
  });
});
