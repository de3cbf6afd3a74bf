import { Callout, Command } from "@/components/ui/bits";

/** A secret that is shown this once. */
export function Once({ what, secret, onDone }: { what: string; secret: string; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-3">
      <Callout tone="warn">{what} is shown this once. Copy it now; only its hash is kept.</Callout>
      <Command text={secret} />
      <div>
        <button type="button" className="btn" onClick={onDone}>
          Done
        </button>
      </div>
    </div>
  );
}
