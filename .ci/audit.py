"""`make audit`: hold what the service is installed with against the known advisories.

Exit code 1 if one of them concerns it, 3 if that could not be seen: the advisories are on the internet.
"""

import json
import subprocess
import sys

_COMMAND = ["--requirement", "requirements.lock", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
_CONCERNED, _UNSEEN = 1, 3


def main() -> int:
    """Ask, and say what came of it."""
    command = [sys.executable, "-m", "pip_audit", *_COMMAND, "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        looked_at = json.loads(ran.stdout)["dependencies"]
    except ValueError:
        return _not_seen("all of it", ran.stderr.strip().splitlines()[-1:])
    found = [(each, advisory) for each in looked_at for advisory in each.get("vulns", ())]
    for each, advisory in found:
        mended = ", ".join(advisory["fix_versions"]) or "nothing yet"
        print(f"{each['name']} {each['version']}: {advisory['id']}, mended by {mended}")
    if found:
        return _CONCERNED
    if skipped := [each["name"] for each in looked_at if "skip_reason" in each]:
        return _not_seen(f"{len(skipped)} of {len(looked_at)} packages", skipped[:5])
    print(f"{len(looked_at)} packages: no advisory concerns them.")
    return 0


def _not_seen(what: str, more: list[str]) -> int:
    print(f"NOT AUDITED: {what}; no advisories could be had for it ({', '.join(more)}...)", file=sys.stderr)
    return _UNSEEN


if __name__ == "__main__":
    sys.exit(main())
