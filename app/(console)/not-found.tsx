import { Empty } from "@/components/ui/bits";
import { Link } from "@/components/ui/link";

export default function NotFound() {
  return (
    <Empty page title="Not found">
      <p>There is nothing here by that name, or it is not yours to see.</p>
      <p>
        <Link href="/requests">Requests</Link>
      </p>
    </Empty>
  );
}
