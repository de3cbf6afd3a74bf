import type { ReactNode } from "react";

interface Props {
  id: string;
  title: string;
  sub?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

export function Section({ id, title, sub, action, children }: Props) {
  return (
    <section aria-labelledby={id} className="flex flex-col gap-2.5">
      <div className="flex flex-wrap items-end justify-between gap-2">
        <div>
          <h2 id={id}>{title}</h2>
          {sub ? <p className="sub">{sub}</p> : null}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
