/** What a command has to say: `json` on one line with --json, else `text`. `failed` gives exit code 1. */
export interface Result {
  json: unknown;
  text: string;
  /** for people, on stderr */
  aside?: string;
  failed?: boolean;
}

export interface Options {
  [name: string]: string | boolean | undefined;
}

const cells = (row: Record<string, unknown>) => Object.values(row).map((value) => String(value ?? "-"));

/** Columns, aligned, for people. */
export function table(rows: Record<string, unknown>[]): string {
  const all = rows.map(cells);
  const widths = (all[0] ?? []).map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
