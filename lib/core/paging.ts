import { z } from "zod";

/** Keyset paging: the cursor names the last row seen by (time, id). Browser-safe. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional(),
};

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** An instant that Postgres knows too: ISO 8601 has a year 0, Postgres has none. Browser-safe. */
export const instant = z.iso.datetime().refine((text) => !text.startsWith("0000"), "there is no year 0");

const cursor = z.tuple([instant, z.string().regex(/^[0-9a-z_]{1,100}$/)]);

export function encodeCursor(time: string, id: string): string {
  return btoa(JSON.stringify([time, id]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Null for a cursor that is not ours. */
export function decodeCursor(text: string): { time: string; id: string } | null {
  try {
    const parsed = cursor.safeParse(JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/"))));
    return parsed.success ? { time: parsed.data[0], id: parsed.data[1] } : null;
  } catch {
    return null;
  }
}
