"""`make audit`: check the locked dependencies for known vulnerabilities.

The exit code is 1 if there are any, and 3 if the advisories could not be retrieved from the internet.
"""

import json
import subprocess
import sys

_OPTIONS = ["--requirement", "requirements.lock", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
_VULNERABLE, _UNKNOWN = 1, 3


def main() -> int:
    """Run pip-audit, and print its findings."""
    command = [sys.executable, "-m", "pip_audit", *_OPTIONS, "--format", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(result.stdout)["dependencies"]
    except ValueError:
        return _incomplete("all packages", result.stderr.strip().splitlines()[-1:])
    findings = [(package, advisory) for package in packages for advisory in package.get("vulns", ())]
    for package, advisory in findings:
        fixed_in = ", ".join(advisory["fix_versions"]) or "no release yet"
        print(f"{package['name']} {package['version']}: {advisory['id']}, fixed in {fixed_in}")
    if findings:
        return _VULNERABLE
    if skipped := [package["name"] for package in packages if "skip_reason" in package]:
        return _incomplete(f"{len(skipped)} of {len(packages)} packages", skipped[:5])
    print(f"{len(packages)} packages: no known vulnerabilities.")
    return 0


def _incomplete(packages: str, details: list[str]) -> int:
    message = f"NOT AUDITED: {packages}, because the advisories could not be retrieved ({', '.join(details)}...)"
    print(message, file=sys.stderr)
    return _UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
