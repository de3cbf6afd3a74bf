import { createToken } from "@/lib/auth/create-token";
import { listTokens } from "@/lib/auth/list-tokens";
import { createTokenOutput, tokenPage } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const GET = route({ verb: listTokens, output: tokenPage });
export const POST = route({ verb: createToken, output: createTokenOutput, status: 201 });
