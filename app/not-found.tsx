import Link from "next/link";
import { Empty } from "@/components/ui/bits";

export default function NotFound() {
  return (
    <main className="mx-auto max-w-xl p-6">
      <Empty title="Not found">
        <p>There is nothing here by that name, or it is not yours to see.</p>
        <p>
          <Link href="/requests">Requests</Link>
        </p>
      </Empty>
    </main>
  );
}
