export const USAGE = `Usage: npm run -s assentry -- COMMAND [--json]

  user add --email E --role owner|admin|approver|auditor|member [--name N] [--password-stdin]
  user list
  user disable --email E
  user reset-password --email E
  token create --name N --role R [--expires 30d|12h|never]
  token list
  token revoke --id ID
  agent enroll --server NAME [--owner EMAIL]
  audit verify
  audit export [--from TIME] [--to TIME]
  db migrate
  db url [--owner]`;

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}
