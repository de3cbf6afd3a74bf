"use client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Role } from "@/agent/contract/vocabulary";
import { useMay, useStatus } from "@/components/shell/use-status";
import { Failure } from "@/components/ui/bits";
import { Dialog } from "@/components/ui/dialog";
import { Plus } from "@/components/ui/icons";
import { Tag } from "@/components/ui/tag";
import type { UserView } from "@/lib/auth/schemas";
import { AddPerson } from "./add-person";
import { Once } from "./once";
import { resetPassword, updateUser, usersQuery } from "./queries";
import { rolesFor } from "./roles";
import { Section } from "./section";

interface RowProps {
  user: UserView;
  self: boolean;
  mine: Role | null;
  manage: boolean;
  onPassword: (password: string) => void;
}

function Actions({ user, onPassword }: { user: UserView; onPassword: (password: string) => void }) {
  const client = useQueryClient();
  const done = () => client.invalidateQueries({ queryKey: ["users"] });
  const disable = useMutation({
    mutationFn: () => updateUser(user.id, { disabled: !user.disabled }),
    onSettled: done,
  });
  const reset = useMutation({
    mutationFn: () => resetPassword(user.id),
    onSuccess: ({ password }) => onPassword(password),
    onSettled: done,
  });
  return (
    <div className="flex flex-wrap gap-1.5">
      <button type="button" className="btn" disabled={disable.isPending} onClick={() => disable.mutate()}>
        {user.disabled ? "Enable" : "Disable"}
        <span className="sr-only"> {user.name}</span>
      </button>
      {user.hasPassword ? (
        <button type="button" className="btn" disabled={reset.isPending} onClick={() => reset.mutate()}>
          New password<span className="sr-only"> for {user.name}</span>
        </button>
      ) : null}
      <Failure error={disable.error ?? reset.error} />
    </div>
  );
}

function RoleChoice({ user, mine }: { user: UserView; mine: Role | null }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (role: Role | null) => updateUser(user.id, { role }),
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <div className="flex flex-col gap-1">
      <select
        className="input w-auto"
        aria-label={`Role of ${user.name}`}
        value={change.isPending ? (change.variables ?? "") : (user.role ?? "")}
        disabled={change.isPending}
        onChange={(event) => change.mutate((event.target.value || null) as Role | null)}
      >
        <option value="">no role</option>
        {rolesFor(mine).map((role) => (
          <option key={role}>{role}</option>
        ))}
      </select>
      <Failure error={change.error} />
    </div>
  );
}

function Row({ user, self, mine, manage, onPassword }: RowProps) {
  const above = user.role === "owner" && mine !== "owner";
  const changeable = manage && !self && !above;
  return (
    <tr>
      <td data-label="Person">
        <div className="min-w-0">
          <span className="font-medium">{user.name}</span> {self ? <Tag tone="plain">you</Tag> : null}{" "}
          {user.disabled ? <Tag tone="bad">disabled</Tag> : null}
          <div className="sub text-xs">{user.email}</div>
        </div>
      </td>
      <td data-label="Role">
        {changeable ? <RoleChoice user={user} mine={mine} /> : (user.role ?? "no role")}
      </td>
      <td data-label="Signs in" className="sub">
        {user.hasPassword ? "with a password" : "single sign-on"}
        {user.mustChangePassword ? ", must change it first" : ""}
      </td>
      {manage ? (
        <td data-label="">{changeable ? <Actions user={user} onPassword={onPassword} /> : null}</td>
      ) : null}
    </tr>
  );
}

/** Who may sign in, and as what. */
export function PeopleSection() {
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery(usersQuery);
  const me = useStatus()?.me;
  const manage = useMay()("users.manage");
  const [adding, setAdding] = useState(false);
  const [password, setPassword] = useState<string | null>(null);
  const users = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section
      id="people"
      title="People"
      action={
        manage ? (
          <button type="button" className="btn" onClick={() => setAdding(true)}>
            <Plus size={14} /> Add a person…
          </button>
        ) : null
      }
    >
      <Failure error={error} />
      <div className="panel overflow-x-auto">
        <table className="grid-table stack">
          <thead>
            <tr>
              <th scope="col">Person</th>
              <th scope="col">Role</th>
              <th scope="col">Signs in</th>
              {manage ? <th scope="col">Change</th> : null}
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <Row
                key={user.id}
                user={user}
                self={user.id === me?.id}
                mine={(me?.role ?? null) as Role | null}
                manage={manage}
                onPassword={setPassword}
              />
            ))}
          </tbody>
        </table>
      </div>
      {hasNextPage ? (
        <button type="button" className="btn self-start" onClick={() => void fetchNextPage()}>
          Load more
        </button>
      ) : null}
      <AddPerson open={adding} onClose={() => setAdding(false)} />
      <Dialog open={password !== null} onClose={() => setPassword(null)} title="One-time password">
        <Once what="The one-time password" secret={password ?? ""} onDone={() => setPassword(null)} />
      </Dialog>
    </Section>
  );
}
