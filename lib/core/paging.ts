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

const cursor = z.tuple([z.iso.datetime({ precision: 6 }).or(z.iso.datetime()), z.string().max(100)]);

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
