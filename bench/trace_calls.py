"""Count the files that three main calls pass through: record a claim, resolve it, read a score that is not cached.

    python -m bench.trace_calls [--list]

Only functions of `service/` count. Each call is made twice and the second one counts, so that imports and statements
that are compiled once are left out. Run it after a change of the structure.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.call_trace import LIMITS, trace_calls


def main() -> None:
    """Print the counts, and with --list the files in the order they are entered."""
    with tempfile.TemporaryDirectory() as folder:
        for name, traced in trace_calls(Path(folder)).items():
            files = len(traced.files)
            print(f"{name}: {files} files (limit {LIMITS[name]}), {traced.changes} changes of file")
            if "--list" in sys.argv[1:]:
                print("  " + "\n  ".join(traced.files))


if __name__ == "__main__":
    main()
