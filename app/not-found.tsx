import { connection } from "next/server";
import { Empty } from "@/components/ui/bits";
import { Link } from "@/components/ui/link";

export default async function NotFound() {
  // Rendered per request: a page made at build time has no nonce, and its scripts would be refused.
  await connection();
  return (
    <main className="mx-auto max-w-xl p-6">
      <Empty page title="Not found">
        <p>There is nothing here by that name, or it is not yours to see.</p>
        <p>
          <Link href="/requests">Requests</Link>
        </p>
      </Empty>
    </main>
  );
}
