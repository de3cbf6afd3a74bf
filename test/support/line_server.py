"""Like line-server.mjs, with Python's text reader: it takes more characters for the end of a line."""

import json
import sys

LOG = sys.argv[1]
TOOLS = [
    {
        "name": "read_note",
        "description": "Read a note.",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True, "destructiveHint": False, "openWorldHint": False},
    },
    {"name": "delete_note", "description": "Delete a note.", "inputSchema": {"type": "object"}},
]
RESULTS = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "line_server", "version": "1.0.0"},
    },
    "tools/list": {"tools": TOOLS},
    "tools/call": {"content": [{"type": "text", "text": "did it"}]},
}

for chunk in sys.stdin:
    for line in chunk.splitlines():
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(line + "\n")
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if not isinstance(message, dict) or "id" not in message or "method" not in message:
            continue
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": RESULTS.get(message["method"], {})}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
