import type { RiskClass } from "./vocabulary";

/** The words that tool classification goes by. All are English; a name in other letters is never read as harmless. */
type Harm = Exclude<RiskClass, "read">;

const table = (lists: Partial<Record<Harm, string>>): ReadonlyMap<string, Harm> =>
  new Map(
    (Object.entries(lists) as [Harm, string][]).flatMap(([harm, words]) =>
      words.split(" ").map((word) => [word, harm] as const),
    ),
  );

/** Words that say what a tool does wherever they stand in its name. */
export const STRONG_WORDS = table({
  execute:
    "exec execute eval evaluate shell bash zsh powershell subprocess spawn sudo terminal cmd ssh repl interpreter install",
  destructive:
    "delete del remove rm rmdir destroy purge truncate wipe erase unlink kill terminate revoke overwrite uninstall rename shutdown reboot rollback revert deprovision decommission evict prune deactivate disable discard suspend",
  external:
    "send publish upload download notify tweet navigate browse crawl scrape invite webhook sms web url http https internet",
  write:
    "create add write update edit insert upsert modify append save mkdir register configure toggle enable assign",
});

/** Words that are as often a thing as an act: they count unless a reading word stands before them in the name. */
export const WEAK_WORDS = table({
  execute: "run command script sql invoke launch",
  destructive:
    "move replace drop reset clear cancel stop restart merge archive transfer pay charge refund purchase buy withdraw grant ban expire force deploy release detach",
  external: "post email mail message share push request reply comment forward submit call connect subscribe",
  write:
    "set put store patch import copy touch start trigger schedule commit fork branch close resolve lock unlock click press type fill drag upload link attach tag label mark pin vote approve complete apply sync pause resume retry",
});

export const READING_WORDS: ReadonlySet<string> = new Set(
  "get list read search find fetch query describe show view lookup count check inspect explain preview summarize compare diff stat print display".split(
    " ",
  ),
);

/** Last words that make a name a listing ("message_list"). */
export const LISTING_WORDS: ReadonlySet<string> = new Set("list get search count lookup find".split(" "));

/** Words in a name that stand for secrets. */
export const SECRET_WORDS: ReadonlySet<string> = new Set(
  "env environ dotenv secret secrets credential credentials password passwords passwd apikey apikeys keychain keystore".split(
    " ",
  ),
);

/** Words that are too often a noun, an adjective or advice to the model to count in a description. */
const NOT_IN_PROSE = new Set(
  "web url http https internet sms webhook shell bash zsh powershell terminal cmd ssh repl interpreter command script sql del rm call request start stop complete commit branch release link tag label mark pin vote force message email mail comment type connect".split(
    " ",
  ),
);

const thirdPerson = (verb: string): string => {
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(verb) ? `${verb}es` : `${verb}s`;
};
const participle = (verb: string): string => {
  if (verb.endsWith("e")) return `${verb.slice(0, -1)}ing`;
  return /^(?:run|set|put|drop|ban|submit)$/.test(verb) ? `${verb}${verb.at(-1)}ing` : `${verb}ing`;
};

export interface ProseVerb {
  readonly base: string;
  readonly harm: Harm;
  readonly form: "base" | "third" | "ing";
  readonly strong: boolean;
}

/** Verbs by each form they take in a description. */
export const PROSE_VERBS: ReadonlyMap<string, ProseVerb> = new Map(
  [...WEAK_WORDS, ...STRONG_WORDS]
    .filter(([word]) => !NOT_IN_PROSE.has(word))
    .flatMap(([base, harm]) => {
      const strong = STRONG_WORDS.has(base);
      return [
        [base, { base, harm, form: "base", strong }],
        [thirdPerson(base), { base, harm, form: "third", strong }],
        [participle(base), { base, harm, form: "ing", strong }],
      ] as [string, ProseVerb][];
    }),
);

/** What may stand between the start of a sentence and the verb that says what the tool does. */
export const FILLER: ReadonlySet<string> = new Set(
  "it which that also then first please now will can may must should could is are be used use uses to allows allow lets let helps help you users user agents agent llm able for designed provides provide when need want optionally".split(
    " ",
  ),
);
export const SUBJECTS: ReadonlySet<string> = new Set(
  "tool function command operation method endpoint api action utility ability capability server model mcp".split(
    " ",
  ),
);
export const ARTICLES: ReadonlySet<string> = new Set(["this", "the", "a", "an"]);
export const DETERMINERS: ReadonlySet<string> = new Set(
  "the a an it its them all any each every this that your existing new specified given multiple one".split(
    " ",
  ),
);

/** Phrases that settle it wherever they stand in a description; each reason is shown to the approver. */
export const PHRASES: readonly { harm: Harm; pattern: RegExp; reason: string }[] = [
  {
    harm: "execute",
    pattern:
      /\barbitrary (?:\w+ )?(?:code|commands?|javascript|js|python|sql|scripts?|shell|expressions?)\b|\b(?:shell|terminal|bash) commands?\b|\bremote code execution\b|\brce\b/,
    reason: "The description speaks of running code or commands.",
  },
  {
    harm: "destructive",
    pattern:
      /\b(?:can(?:no|')t|can not) be undone\b|\birreversibl[ey]\b|\bpermanently (?:delet|remov|eras|destroy)|\b(?:will|can|may) (?:\w+ly )?(?:overwrite|delete|remove|erase|destroy)\b/,
    reason: "The description says that something may be lost.",
  },
  {
    harm: "external",
    pattern:
      /\b(?:return|print|list|get|show|read|dump|display|reveal|retrieve|all)s?\b[^.]{0,40}\b(?:environment variables?|secrets?|credentials?|passwords?|(?:private|api|access) keys?|access tokens?)\b/,
    reason: "The description speaks of handing out secrets or environment variables.",
  },
];
