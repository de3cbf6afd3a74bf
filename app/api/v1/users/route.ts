import { createUser } from "@/lib/auth/create-user";
import { listUsers } from "@/lib/auth/list-users";
import { createUserOutput, userPage } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const GET = route({ verb: listUsers, output: userPage });
export const POST = route({ verb: createUser, output: createUserOutput, status: 201 });
