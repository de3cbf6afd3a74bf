import { ArrowUp } from "./icons";

interface Props {
  count: number;
  /** the count is only a lower bound */
  more?: boolean;
  onLoad: () => void;
}

/** What came since the list was read. Beside the title, on a phone at the bottom: nothing moves when it appears. */
export function FreshButton({ count, more = false, onLoad }: Props) {
  return (
    <span aria-live="polite">
      {count > 0 ? (
        <button
          type="button"
          className="btn text-accent max-side:fixed max-side:inset-x-0 max-side:bottom-4 max-side:z-20 max-side:mx-auto max-side:w-fit max-side:shadow-lg"
          onClick={onLoad}
        >
          <ArrowUp size={14} />
          <span>
            {count}
            {more ? " or more" : ""} new
          </span>
          <span className="font-normal max-side:hidden">
            — press <kbd>.</kbd> to load
          </span>
        </button>
      ) : null}
    </span>
  );
}
