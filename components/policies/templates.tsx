import { POLICY_TEMPLATES, type PolicyTemplate } from "@/agent/contract/templates";
import { plural } from "@/components/ui/format";
import { Plus } from "@/components/ui/icons";

/** Rules for common servers, to be put before the rules that stand. */
export function Templates({ onInsert }: { onInsert: (template: PolicyTemplate) => void }) {
  return (
    <details className="panel px-4 py-2.5">
      <summary className="min-h-6 font-medium">Insert rules for a common server</summary>
      <ul className="mt-2 flex flex-col gap-2.5">
        {POLICY_TEMPLATES.map((template) => (
          <li key={template.id} className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
            <div className="min-w-0 flex-1 basis-56">
              <b className="font-medium">{template.title}</b>{" "}
              <span className="sub">· {plural(template.rules.length, "rule")}</span>
              <p className="sub">{template.description}</p>
            </div>
            <button type="button" className="btn" onClick={() => onInsert(template)}>
              <Plus size={14} /> Insert
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
