import { systemContext } from "@/lib/core/context";
import { newId } from "@/lib/core/ids";
import { json } from "@/lib/http/respond";
import { getHealth } from "@/lib/overview/get-health";
import { healthView } from "@/lib/overview/schemas";

export const dynamic = "force-dynamic";

/** No login, and no database needed to answer: 200 when ready, 503 when not. */
export async function GET() {
  const httpRequestId = newId("http");
  const health = await getHealth(systemContext("health", httpRequestId), {});
  return json(healthView.parse(health), health.ready ? 200 : 503, httpRequestId);
}
