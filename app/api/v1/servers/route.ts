import { route } from "@/lib/http/route";
import { enrolServer } from "@/lib/servers/enrol-server";
import { listServers } from "@/lib/servers/list-servers";
import { enrolServerOutput, serverPage } from "@/lib/servers/schemas";

export const GET = route({ verb: listServers, output: serverPage });
export const POST = route({ verb: enrolServer, output: enrolServerOutput, status: 201 });
