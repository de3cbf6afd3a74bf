import { env } from "@/lib/core/env";
import { newId } from "@/lib/core/ids";
import { openApiDocument } from "@/lib/http/openapi";
import { json } from "@/lib/http/respond";
import { VERSION } from "@/lib/overview/get-health";

export const dynamic = "force-dynamic";

/** No login: it describes the API, not the organization. */
export function GET() {
  return json(openApiDocument({ version: VERSION, url: env().authUrl }), 200, newId("http"));
}
