"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Callout, Command, Failure, Field } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import { TimeLeft } from "@/components/ui/time";
import { commandLines } from "./commands";
import { type Enrolled, enrolServer } from "./queries";

function Form({
  given,
  onDone,
  onClose,
}: {
  given: string;
  onDone: (enrolled: Enrolled) => void;
  onClose: () => void;
}) {
  const [name, setName] = useState(given);
  const [owner, setOwner] = useState("");
  const client = useQueryClient();
  const enrolment = useMutation({
    mutationFn: () => enrolServer({ server: name.trim(), owner: owner.trim() || undefined }),
    onSuccess: (enrolled) => {
      void client.invalidateQueries({ queryKey: ["servers"] });
      onDone(enrolled);
    },
  });
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        enrolment.mutate();
      }}
    >
      <Field
        label="Name"
        hint="How it is called here and in rules: letters, digits, space, dot, dash and underscore."
      >
        <input
          className="input"
          data-focus
          required
          maxLength={80}
          value={name}
          readOnly={given !== ""}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <Field label="Owner’s e-mail (optional)" hint="Left out, you own it.">
        <input
          className="input"
          type="email"
          value={owner}
          onChange={(event) => setOwner(event.target.value)}
        />
      </Field>
      <Failure error={enrolment.error} />
      <div className="flex gap-2">
        <button type="submit" className="btn pri" disabled={enrolment.isPending || !name.trim()}>
          {enrolment.isPending ? "Making…" : "Make an enrolment token"}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function Lines({ enrolled, onClose }: { enrolled: Enrolled; onClose: () => void }) {
  const [openedAt] = useState(Date.now);
  const lines = commandLines(window.location.origin, enrolled.server.name, enrolled.token);
  return (
    <div className="flex flex-col gap-3.5">
      <Callout tone="warn">
        The token is shown this once, works once and ends by itself (
        <TimeLeft until={enrolled.expiresAt} asOf={openedAt} />
        ). Afterwards the agent’s own key is its identity.
      </Callout>
      <section>
        <h3 className="mb-1">Token</h3>
        <Command text={enrolled.token} />
      </section>
      <section>
        <h3 className="mb-1">In front of a server that speaks stdio</h3>
        <Command text={lines.stdio} />
      </section>
      <section>
        <h3 className="mb-1">In front of a server that speaks HTTP</h3>
        <Command text={lines.http} />
      </section>
      <details>
        <summary className="min-h-6">As an entry in an MCP client’s configuration</summary>
        <div className="mt-1.5">
          <Command text={lines.config} />
        </div>
      </details>
      <p className="sub">
        Replace the server after “--” or “--upstream” by your own. It appears here once the agent connects.
      </p>
      <div>
        <button type="button" className="btn" onClick={onClose}>
          Done
        </button>
      </div>
    </div>
  );
}

interface Props {
  open: boolean;
  onClose: () => void;
  /** for another agent of a standing server */
  server?: string;
}

/** Makes a one-time enrolment token and gives the lines to paste. */
export function AddServer({ open, onClose, server = "" }: Props) {
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const close = () => {
    setEnrolled(null);
    onClose();
  };
  const title = enrolled
    ? `Connect ${enrolled.server.name}`
    : server
      ? `Add an agent to ${server}`
      : "Add a server";
  return (
    <Dialog open={open} onClose={close} title={title} className="wide">
      {enrolled ? (
        <Lines enrolled={enrolled} onClose={close} />
      ) : (
        <Form given={server} onDone={setEnrolled} onClose={close} />
      )}
    </Dialog>
  );
}
