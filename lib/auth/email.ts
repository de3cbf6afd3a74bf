import { z } from "zod";

/** Folded to lower case; ASCII only, so that no look-alike letter or folded @ makes two addresses one. Browser-safe. */
export const email = z
  .string()
  .trim()
  .max(254)
  .regex(/^[\x21-\x7e]+$/, "an e-mail address in plain ASCII")
  .toLowerCase()
  .pipe(z.email({ pattern: /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*$/ }));
