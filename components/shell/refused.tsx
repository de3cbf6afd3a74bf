import { Empty } from "@/components/ui/bits";
import { Link } from "@/components/ui/link";

export function Refused({ message }: { message: string }) {
  return (
    <Empty page title="Not for your role">
      <p>{message}</p>
      <p>
        Somebody with the role owner or admin can change yours in <Link href="/settings">Settings</Link>.
      </p>
    </Empty>
  );
}
