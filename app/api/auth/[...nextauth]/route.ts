import type { NextRequest } from "next/server";
import { authHandlers } from "@/lib/auth/auth";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { checkOrigin } from "@/lib/http/origin";
import { noteRefusal } from "@/lib/http/refusals";
import { errorResponse } from "@/lib/http/respond";

/** Of all that next-auth can answer, what the sign-in page and the OpenID provider need. */
const OPEN = {
  GET: ["/api/auth/csrf", "/api/auth/callback/oidc"],
  POST: ["/api/auth/callback/credentials", "/api/auth/signin/oidc", "/api/auth/signout"],
};

const only = (method: "GET" | "POST") => async (request: NextRequest) => {
  const httpRequestId = newId("http");
  try {
    if (!OPEN[method].includes(request.nextUrl.pathname))
      throw new AppError("not_found", "There is nothing here.");
    checkOrigin(request);
    return await authHandlers[method](request);
  } catch (error) {
    await noteRefusal(null, request, error, httpRequestId);
    return errorResponse(error, httpRequestId);
  }
};

export const GET = only("GET");
export const POST = only("POST");
