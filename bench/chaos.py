"""`make chaos`: the crash campaign at its full length, on the best broker this machine can run."""

import os
import subprocess
import sys

LONG = {"WISMO_TEST_KILLS": "10", "WISMO_TEST_KILL_SHIPMENTS": "1300"}


def main() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-s", "tests/service/test_kill.py"]
    return subprocess.run(command, env={**os.environ, **LONG}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
