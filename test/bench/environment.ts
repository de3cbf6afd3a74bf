/** A child's environment. Next's types demand NODE_ENV in every one of Node's own; most programs here need none. */
export type Environment = Readonly<Record<string, string | undefined>>;
