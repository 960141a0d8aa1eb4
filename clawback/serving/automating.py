"""The automations of deployments/automations.yaml on a server that something else started.

`python -m clawback.serving.automating` puts them on the server at `PREFECT_API_URL`; `clawback up`
does so by itself. Harmless when repeated.
"""

from __future__ import annotations

import sys

from clawback.config import load_config
from clawback.errors import UserError
from clawback.runs.rest import PrefectRest
from clawback.serving.code import code_directory
from clawback.serving.preparing import put_automations, read_automations


def main() -> int:
    """Put them there; the exit code."""
    try:
        wanted = read_automations(code_directory() / "deployments" / "automations.yaml")
        put_automations(PrefectRest(load_config().prefect_api_url), wanted)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{len(wanted)} automations are on the server\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
