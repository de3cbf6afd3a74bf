/** A word for a POSIX shell; names are limited, but a space is allowed in them. */
const word = (text: string) => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

export interface Lines {
  stdio: string;
  http: string;
  config: string;
}

/** Ready lines that put the agent in front of a server. `origin`: where this console is. */
export function commandLines(origin: string, server: string, token: string): Lines {
  const common = `--console ${origin} --server ${word(server)}`;
  const start = `ASSENTRY_ENROLL_TOKEN=${token} \\\n  node agent/bin.js`;
  return {
    stdio: `${start} run ${common} \\\n  -- npx -y @modelcontextprotocol/server-memory`,
    http: `${start} serve ${common} \\\n  --listen 127.0.0.1:7801 --upstream http://127.0.0.1:8080/mcp`,
    config: JSON.stringify(
      {
        mcpServers: {
          [server]: {
            command: "node",
            args: [
              "/path/to/assentry/agent/bin.js",
              ...["run", "--console", origin, "--server", server],
              ...["--", "npx", "-y", "@modelcontextprotocol/server-memory"],
            ],
            env: { ASSENTRY_ENROLL_TOKEN: token },
          },
        },
      },
      null,
      2,
    ),
  };
}
