/** The weightiest reasons at once, the rest one click away; nothing is left out. */
export function Reasons({ reasons, first }: { reasons: readonly string[]; first: number }) {
  if (reasons.length === 0) return null;
  const item = (reason: string) => <li key={reason}>{reason}</li>;
  const more = reasons.slice(first);
  return (
    <>
      <ul className="mt-0.5 list-disc pl-4">{reasons.slice(0, first).map(item)}</ul>
      {more.length > 0 ? (
        <details>
          <summary className="sub min-h-6 pt-0.5">
            {more.length} more {more.length === 1 ? "reason" : "reasons"}
          </summary>
          <ul className="list-disc pl-4">{more.map(item)}</ul>
        </details>
      ) : null}
    </>
  );
}
