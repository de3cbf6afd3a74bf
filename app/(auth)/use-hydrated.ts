import { useSyncExternalStore } from "react";

const never = () => () => {};

/** False until the browser runs our code: a form sent before that would go nowhere. */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
