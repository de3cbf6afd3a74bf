/** A page's query string as Next gives it; a name that comes twice counts once. */
export type Search = Promise<Record<string, string | string[] | undefined>>;

export const searchReader = (search: Awaited<Search>) => (name: string) => {
  const value = search[name];
  return Array.isArray(value) ? value[0] : value;
};
