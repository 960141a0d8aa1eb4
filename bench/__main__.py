"""`python -m bench [NAME] [--json]`: one bench, or all of them."""

from __future__ import annotations

import sys

from bench.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
