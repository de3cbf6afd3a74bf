import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSecretKey, maskSecrets, revealText } from "@/agent/contract/visible";

const hidden = (text: string): string[] =>
  revealText(text).segments.flatMap((segment) => (segment.hidden ? [segment.hidden] : []));

describe("revealText", () => {
  it.each([
    ["a\u200bb", ["U+200B ZERO WIDTH SPACE"]],
    ["a\u202eb", ["U+202E RIGHT-TO-LEFT OVERRIDE"]],
    ["\u2066x\u2069", ["U+2066 LEFT-TO-RIGHT ISOLATE", "U+2069 POP DIRECTION ISOLATE"]],
    ["a\u00a0b", ["U+00A0 NO-BREAK SPACE"]],
    ["a\u3000b", ["U+3000 IDEOGRAPHIC SPACE"]],
    ["a\u2003b", ["U+2003 SPACE"]],
    ["a\nb", ["U+000A LINE FEED"]],
    ["a\u2028b\u0085", ["U+2028 LINE SEPARATOR", "U+0085 NEXT LINE"]],
    ["\u0000\u001b[31m\u007f", ["U+0000 NULL", "U+001B ESCAPE", "U+007F DELETE"]],
    ["\u0001", ["U+0001 CONTROL"]],
    ["\u{e0041}\u{e0062}", ["U+E0041 TAG A", "U+E0062 TAG b"]],
    ["\u{e0001}", ["U+E0001 INVISIBLE"]],
    ["\ufeffx", ["U+FEFF BYTE ORDER MARK"]],
    ["\u3164\u2800\u115f", ["U+3164 HANGUL FILLER", "U+2800 BRAILLE BLANK", "U+115F HANGUL FILLER"]],
    ["a\ufe00", ["U+FE00 VARIATION SELECTOR"]],
    ["a\ufe0f", ["U+FE0F VARIATION SELECTOR"]],
    ["\u2764\ufe0f\ufe0f", ["U+FE0F VARIATION SELECTOR"]],
    ["a\u200db", ["U+200D ZERO WIDTH JOINER"]],
    ["\ud800", ["U+D800 HALF A CHARACTER"]],
    ["\ue000", ["U+E000 PRIVATE USE"]],
    ["\u{10ffff}", ["U+10FFFF UNASSIGNED"]],
  ])("marks %j", (text, expected) => {
    expect(hidden(text)).toEqual(expected);
    expect(revealText(text).hiddenCount).toBe(expected.length);
  });

  it("leaves ordinary text in one piece, in any script, with emoji", () => {
    for (const text of ["Hello, world!", "Grüße, 世界, עולם, हिन्दी", "👩‍👩‍👧 ❤️ 👍🏽", "e\u0301"])
      expect(revealText(text)).toEqual({ segments: [{ text }], hiddenCount: 0 });
    expect(revealText("")).toEqual({ segments: [], hiddenCount: 0 });
    expect(revealText("a\nb", { lineFeeds: "keep" }).hiddenCount).toBe(0);
  });

  it("never loses or changes anything, and shows nothing that is hidden", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const { segments, hiddenCount } = revealText(text);
        expect(segments.map((segment) => segment.text).join("")).toBe(text);
        expect(segments.filter((segment) => segment.hidden !== undefined)).toHaveLength(hiddenCount);
        for (const segment of segments)
          if (segment.hidden === undefined)
            expect(segment.text).not.toMatch(
              /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b\u{e0000}-\u{e007f}]/u,
            );
      }),
      { numRuns: 1000 },
    );
  });
});

// Made up, and put together here so that no scanner takes this file for a leak.
const AWS = `AKIA${"ABCDEFGHIJKLMNOP"}`;
const GITHUB = `ghp_${"a1B2c3D4e5".repeat(4)}`;
const JWT = `eyJ${"hbGciOiJIUzI1NiJ9"}.${"eyJzdWIiOiIxMjM0In0"}.${"c2lnbmF0dXJl"}`;

describe("maskSecrets", () => {
  const shown = (text: string): string => maskSecrets(text).text;

  it.each([
    ['{"password":"hunter2"}', '{"password":"••• masked (7 characters)"}'],
    ['{"dbPassword" : "a\\"b"}', '{"dbPassword" : "••• masked (3 characters)"}'],
    ['{"pin_token":12345}', '{"pin_token":"••• masked (5 characters)"}'],
    [
      '{"secret":["a","bc"],"x":1}',
      '{"secret":["••• masked (1 characters)","••• masked (2 characters)"],"x":1}',
    ],
    ['{"credentials":{"user":"ann"}}', '{"credentials":{"user":"••• masked (3 characters)"}}'],
    ['{"password":"","token":null,"secret":true}', '{"password":"","token":null,"secret":true}'],
    [
      '{"headers":[{"name":"Authorization","value":"abc"}]}',
      '{"headers":[{"name":"Authorization","value":"••• masked (3 characters)"}]}',
    ],
    [`{"note":"key ${AWS}."}`, '{"note":"key ••• masked (20 characters)."}'],
    [`{"note":"${GITHUB}"}`, '{"note":"••• masked (44 characters)"}'],
    [`{"note":"\\u0041${AWS.slice(1)} x"}`, '{"note":"••• masked (20 characters) x"}'],
    [`["${JWT}"]`, `["••• masked (${JWT.length} characters)"]`],
    [`{"${GITHUB}":1}`, '{"••• masked (44 characters)":1}'],
    ['{"h":"Bearer abcdefgh12345"}', '{"h":"Bearer ••• masked (13 characters)"}'],
    ['{"url":"postgres://ann:s3cr3t@db/x"}', '{"url":"postgres://ann:••• masked (6 characters)@db/x"}'],
    ['{"cmd":"PGPASSWORD=abc123 psql"}', '{"cmd":"PGPASSWORD=••• masked (6 characters) psql"}'],
    ['{"cmd":"curl --token abc123 x"}', '{"cmd":"curl --token ••• masked (6 characters) x"}'],
    ['{"body":"{\\"password\\":\\"abc\\"}"}', '{"body":"{\\"password\\":\\"••• masked (3 characters)\\"}"}'],
    [
      `{"c":"sk-${"x".repeat(20)}","d":"xoxb-${"1".repeat(12)}"}`,
      '{"c":"••• masked (23 characters)","d":"••• masked (17 characters)"}',
    ],
  ])("masks %s", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it("masks a private key to its end, or to the end of the text", () => {
    const begin = `-----BEGIN RSA ${"PRIVATE"} KEY-----`;
    const end = `-----END RSA ${"PRIVATE"} KEY-----`;
    expect(shown(JSON.stringify({ k: `x ${begin}\nabc\n${end} y` }))).toMatch(
      /^\{"k":"x ••• masked \(\d+ characters\) y"\}$/,
    );
    expect(shown(JSON.stringify({ k: `x ${begin}\nabc` }))).toMatch(
      /^\{"k":"x ••• masked \(\d+ characters\)"\}$/,
    );
  });

  it.each([
    '{"max_tokens":100,"tokenCount":5,"pageToken":"abc","next_page_token":"x","progressToken":"p"}',
    '{"path":"/etc/secretary.txt","key":"a","author":"ann","passenger":"bob","compass":"n"}',
    '{"text":"the password is long","task":"sk-short","url":"https://x.org:80/a@b"}',
  ])("leaves %s alone", (text) => {
    expect(maskSecrets(text)).toEqual({ text, masks: [] });
  });

  it("gives places in both texts", () => {
    const text = `{"a":"é ${AWS}","password":7,"z":"password=abcd"}`;
    const { text: masked, masks } = maskSecrets(text);
    expect(masks.map((mask) => text.slice(mask.start, mask.end))).toEqual([AWS, "7", "abcd"]);
    for (const mask of masks)
      expect(masked.slice(mask.shownStart, mask.shownEnd)).toMatch(/^"?••• masked \(\d+ characters\)"?$/);
    expect(() => JSON.parse(masked)).not.toThrow();
    expect(masks.map((mask) => mask.label)).toEqual([
      "AWS access key",
      "value named as a secret",
      "value named as a secret",
    ]);
  });

  it("searches what is not JSON as a whole", () => {
    expect(shown(`not json ${AWS}`)).toBe("not json ••• masked (20 characters)");
    expect(shown(`{"a":1,"a":"${AWS}"}`)).toContain("masked");
  });

  it("keeps JSON valid and leaves everything else as it was", () => {
    const key = fc.constantFrom("password", "a", "token", "n", "api_key", "name", "value");
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom(AWS, JWT, GITHUB, "Bearer abcdefghijkl"),
      fc.integer(),
    );
    const tree = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value), fc.array(value)));
    fc.assert(
      fc.property(tree, fc.integer({ min: 0, max: 2 }), (plain, indent) => {
        const text = JSON.stringify(plain, null, indent);
        const { text: masked, masks } = maskSecrets(text);
        expect(() => JSON.parse(masked)).not.toThrow();
        for (const secret of [AWS, JWT, GITHUB]) expect(masked).not.toContain(secret);
        let back = masked;
        for (const mask of [...masks].reverse())
          back =
            back.slice(0, mask.shownStart) + text.slice(mask.start, mask.end) + back.slice(mask.shownEnd);
        expect(back).toBe(text);
      }),
    );
  });

  it("goes through hostile text once", () => {
    for (const piece of [
      "eyJ-",
      "sk-",
      "-----BEGIN PRIVATE KEY-----",
      "://a:",
      "password",
      "password=",
      "bearer ",
      "AKIA",
      "xoxb-",
      "api_key:",
      "--token ",
      "\\",
      "-----BEGIN ",
    ])
      expect(
        maskSecrets(JSON.stringify(piece.repeat(Math.ceil(300_000 / piece.length)))).text.length,
      ).toBeGreaterThan(0);
  });

  it("knows keys of secrets in every spelling", () => {
    for (const key of [
      "password",
      "PASSWORD",
      "db_password",
      "dbPassword",
      "apiKey",
      "api_key",
      "API-KEY",
      "apikey",
      "x-api-key",
      "accessToken",
      "access_token",
      "client_secret",
      "clientsecret",
      "Authorization",
      "set-cookie",
      "privateKey",
      "secret_access_key",
      "AWS_SECRET_ACCESS_KEY",
      "session_token",
    ])
      expect(isSecretKey(key), key).toBe(true);
    for (const key of [
      "key",
      "path",
      "tokens",
      "max_tokens",
      "token_count",
      "pageToken",
      "author",
      "monkey",
      "keyboard",
      "message",
    ])
      expect(isSecretKey(key), key).toBe(false);
  });
});
