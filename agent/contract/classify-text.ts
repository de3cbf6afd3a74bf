import {
  ARTICLES,
  DETERMINERS,
  FILLER,
  LISTING_WORDS,
  PHRASES,
  PROSE_VERBS,
  type ProseVerb,
  READING_WORDS,
  SECRET_WORDS,
  STRONG_WORDS,
  SUBJECTS,
  WEAK_WORDS,
} from "./classify-words";
import type { RiskClass } from "./vocabulary";

/** Something that raises a tool's class, and the sentence that says so. */
export interface Finding {
  readonly harm: RiskClass;
  readonly reason: string;
}

const MAX_NAME = 300;
const MAX_PROSE = 20_000;
const CONJUNCTIONS = new Set(["and", "or", "then", "n"]);
const FUSED_TAILS = new Set([
  "d",
  "s",
  "r",
  "rs",
  "ed",
  "er",
  "ers",
  "ing",
  "ion",
  "ions",
  "able",
  "or",
  "ors",
  "dat",
  "dby",
]);
const FUSED_VERBS = [...STRONG_WORDS].filter(([word]) => word.length >= 5);

/** Splits a name at separators and case changes; lower case. */
export function nameTokens(name: string): string[] {
  return name
    .slice(0, MAX_NAME)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((token) => token !== "");
}

/** "deletefile" holds "delete"; "deleted" does not. */
function fused(token: string): [string, RiskClass] | undefined {
  return FUSED_VERBS.find(([verb]) => {
    if (!token.startsWith(verb)) return false;
    const tail = token.slice(verb.length);
    return tail.length > 1 && !FUSED_TAILS.has(tail);
  });
}

/** What a name, a title or an enumerated action says: `where` opens the sentence, e.g. "The name". */
export function readName(name: string, where: string): Finding[] {
  const tokens = nameTokens(name);
  const found: Finding[] = [];
  const says = (word: string, harm: RiskClass): void => {
    found.push({ harm, reason: `${where} says “${word}”.` });
  };
  const listing = LISTING_WORDS.has(tokens.at(-1) ?? "");
  let reading = false;
  tokens.forEach((token, i) => {
    const previous = tokens[i - 1] ?? "";
    const strong = STRONG_WORDS.get(token);
    const weak = WEAK_WORDS.get(token);
    if (strong) says(token, strong);
    else if (weak && ((!reading && !listing) || CONJUNCTIONS.has(previous))) says(token, weak);
    else if (!weak) {
      const [verb, harm] = fused(token) ?? [];
      if (verb && harm) says(verb, harm);
    }
    const secretPair =
      /^(?:key|token)s?$/.test(token) && /^(?:api|access|private|auth|session|ssh)$/.test(previous);
    if (SECRET_WORDS.has(token) || secretPair)
      found.push({ harm: "external", reason: `${where} speaks of secrets or of the environment.` });
    if (READING_WORDS.has(token)) reading = true;
  });
  return found;
}

const isFiller = (words: readonly string[], i: number): boolean => {
  const word = words[i] ?? "";
  if (FILLER.has(word) || word.endsWith("ly") || SUBJECTS.has(word)) return true;
  return ARTICLES.has(word) && (SUBJECTS.has(words[i + 1] ?? "") || words[i + 1] === "to");
};

function leadingVerb(words: readonly string[]): { at: number; verb?: ProseVerb } {
  let at = 0;
  while (at < words.length && isFiller(words, at)) at++;
  const verb = PROSE_VERBS.get(words[at] ?? "");
  const noun = words[at + 1] === "of" || (verb?.form === "ing" && at === 0);
  return noun ? { at } : { at, verb };
}

/** Verbs joined to the leading one: "reads a file and deletes it", "create, close or select a tab". */
function joinedVerbs(words: readonly string[], from: number): ProseVerb[] {
  const third = (words[from] ?? "").endsWith("s");
  const found: ProseVerb[] = [];
  for (let i = from + 1; i < words.length; i++) {
    const before = words[i - 1] ?? "";
    if (!CONJUNCTIONS.has(before) && before !== "," && !before.endsWith("ly")) continue;
    const verb = PROSE_VERBS.get(words[i] ?? "");
    if (!verb?.strong || verb.form !== (third ? "third" : "base")) continue;
    const next = words[i + 1] ?? ",";
    const grave = verb.harm === "destructive" || verb.harm === "execute";
    if (grave || DETERMINERS.has(next) || next === "," || CONJUNCTIONS.has(next)) found.push(verb);
  }
  return found;
}

/**
 * What a description says the tool does: verbs that open a sentence, or are joined to one that does, and telling
 * phrases. A verb in passing ("recently updated files", "see delete_file") does not count.
 */
export function readDescription(description: string): Finding[] {
  const found: Finding[] = [];
  if (description.length > MAX_PROSE)
    found.push({ harm: "write", reason: "The description is too long to be judged." });
  const text = description.slice(0, MAX_PROSE).toLowerCase().replace(/[‘’]/g, "'");
  for (const { harm, pattern, reason } of PHRASES) if (pattern.test(text)) found.push({ harm, reason });
  for (const sentence of text.split(/[.!?;:()•*|\r\n]+|\s[-–—]+\s/)) {
    if (/^\s*["'`“]/.test(sentence)) continue;
    const words = sentence.match(/[a-z0-9_']+|,/g) ?? [];
    const { at, verb } = leadingVerb(words);
    const verbs = verb ? [verb, ...joinedVerbs(words, at)] : joinedVerbs(words, at);
    for (const each of verbs)
      found.push({ harm: each.harm, reason: `The description says that it can “${each.base}”.` });
  }
  return found;
}
