import { customType, text, timestamp } from "drizzle-orm/pg-core";

/** Prefixed, time-ordered id (lib/core/ids.ts). */
export const id = (name = "id") => text(name);
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
export const createdAt = () => time("created_at").notNull().defaultNow();

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({
  dataType: () => "bytea",
});
