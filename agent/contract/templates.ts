import type { Rule } from "./policy-schema";

export interface PolicyTemplate {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** to be put before the rules that stand; they name the server by a glob that the publisher may narrow */
  readonly rules: Rule[];
}

interface Draft extends Omit<Rule, "match"> {
  readonly match: Partial<Rule["match"]>;
}

const onServers =
  (servers: string[]) =>
  (draft: Draft): Rule => ({
    ...draft,
    match: { methods: ["tools/call"], direction: "client", servers, ...draft.match },
  });

const filesystem = onServers(["*filesystem*", "files*"]);
const memory = onServers(["*memory*"]);
const github = onServers(["*github*"]);
const postgres = onServers(["*postgres*"]);
const browser = onServers(["*playwright*", "*browser*"]);

// One statement that opens with SELECT or SHOW and has no word that changes anything; comments and escaped names are refused.
const READS_ONLY = [
  'args.sql.matches("(?i)^\\\\s*(select|show)\\\\s")',
  '!args.sql.matches("(?i)\\\\b(into|insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|copy|call|do|execute|vacuum|set|lock|notify|listen|comment|refresh|reindex|cluster|security)\\\\b")',
  '!args.sql.matches("(?i)(pg_|dblink|lo_|set_config|nextval|setval|query_to_xml|database_to_xml|xpath_table)")',
  '!args.sql.matches("(?is);.*\\\\S|--|/\\\\*|u&")',
].join(" && ");

/** Rules for common servers, so that the first day is not all holds. */
export const POLICY_TEMPLATES: readonly PolicyTemplate[] = [
  {
    id: "filesystem",
    title: "Filesystem",
    description:
      "Reading, listing and searching pass, and so does making a directory. Writing, editing and moving wait for a person.",
    rules: [
      filesystem({
        id: "filesystem-read",
        name: "Filesystem: reading and listing",
        match: {
          tools: [
            "read_file",
            "read_text_file",
            "read_media_file",
            "read_multiple_files",
            "list_directory",
            "list_directory_with_sizes",
            "list_allowed_directories",
            "directory_tree",
            "search_files",
            "get_file_info",
          ],
        },
        effect: "allow",
      }),
      filesystem({
        id: "filesystem-make-directory",
        name: "Filesystem: making a directory",
        match: { tools: ["create_directory"] },
        effect: "allow",
      }),
      filesystem({
        id: "filesystem-change",
        name: "Filesystem: writing, editing and moving",
        match: { tools: ["write_file", "edit_file", "move_file"] },
        effect: "hold",
        reason: "It may overwrite or move files.",
      }),
    ],
  },
  {
    id: "memory",
    title: "Memory (knowledge graph)",
    description: "Reading and adding pass. Deleting waits for a person.",
    rules: [
      memory({
        id: "memory-read",
        name: "Memory: reading",
        match: { tools: ["read_graph", "search_nodes", "open_nodes"] },
        effect: "allow",
      }),
      memory({
        id: "memory-add",
        name: "Memory: adding",
        match: { tools: ["create_entities", "create_relations", "add_observations"] },
        effect: "allow",
      }),
      memory({
        id: "memory-delete",
        name: "Memory: deleting",
        match: { tools: ["delete_*"] },
        effect: "hold",
        reason: "What is deleted from the graph is gone.",
      }),
    ],
  },
  {
    id: "github",
    title: "GitHub",
    description:
      "Reading and searching pass. Merging, deleting and pushing wait with a higher tier; every other change waits.",
    rules: [
      github({
        id: "github-grave",
        name: "GitHub: merging, pushing, deleting, settings",
        match: {
          tools: ["merge_*", "push_*", "delete_*", "create_repository", "fork_repository", "*secret*"],
        },
        effect: "hold",
        tier: "critical",
        reason: "It changes what others build on, or touches secrets.",
      }),
      github({
        id: "github-read",
        name: "GitHub: reading and searching",
        match: { tools: ["get_*", "list_*", "search_*"] },
        effect: "allow",
      }),
      github({
        id: "github-change",
        name: "GitHub: every other change",
        match: { tools: ["*"] },
        effect: "hold",
        reason: "Others see what it writes.",
      }),
    ],
  },
  {
    id: "postgres",
    title: "Postgres",
    description:
      "A single statement that opens with SELECT or SHOW and holds no changing word passes; anything else waits. This is a filter on text: give the server a role that can only read.",
    rules: [
      postgres({
        id: "postgres-read",
        name: "Postgres: plain reading",
        match: { tools: ["query"] },
        when: READS_ONLY,
        effect: "allow",
      }),
      postgres({
        id: "postgres-other",
        name: "Postgres: everything else",
        match: { tools: ["*"] },
        effect: "hold",
        tier: "critical",
        reason: "The statement may change or expose data.",
      }),
    ],
  },
  {
    id: "browser",
    title: "Browser (Playwright)",
    description:
      "Looking at the page and moving about in it passes. Opening addresses, typing, clicking and uploading wait; running code is denied.",
    rules: [
      browser({
        id: "browser-run-code",
        name: "Browser: running code",
        match: { tools: ["browser_evaluate", "browser_run_code*"] },
        effect: "deny",
        reason: "Running code in the browser is not allowed here.",
      }),
      browser({
        id: "browser-look",
        name: "Browser: looking",
        match: {
          tools: [
            "browser_snapshot",
            "browser_find",
            "browser_take_screenshot",
            "browser_console_messages",
            "browser_wait_for",
            "browser_hover",
            "browser_resize",
            "browser_close",
          ],
        },
        when: "!has(args.filename)",
        effect: "allow",
      }),
      browser({
        id: "browser-act",
        name: "Browser: acting on pages",
        match: { tools: ["*"] },
        effect: "hold",
        reason: "It acts on a site in somebody's name.",
      }),
    ],
  },
];
