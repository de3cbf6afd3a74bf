import { AppError } from "@/lib/core/errors";
import { decodeCursor, encodeCursor, type Page } from "@/lib/core/paging";

/** Ids sort by time, so the id alone is the key. Throws `malformed` for a cursor that is not ours. */
export function readCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const decoded = decodeCursor(cursor);
  if (!decoded) throw new AppError("malformed", "This cursor is not one of ours.");
  return decoded.id;
}

/** `rows` holds one more than `limit` when there is a next page. */
export function cutPage<T extends { id: string; createdAt: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last;
  return { items, nextCursor: more ? encodeCursor(last.createdAt, last.id) : null };
}
