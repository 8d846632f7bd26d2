"""What `import abmmetrics` costs beside `import numpy, attrs`, as a ratio of medians over fresh processes.

Prints both medians and their ratio, and exits 1 where the ratio passes the bound.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

PROCESSES = 20
BOUND = 1.15
OURS = "import abmmetrics"
BASE = "import numpy, attrs"


def seconds(statement: str, byte_code: str) -> float:
    """Wall-clock seconds of one fresh interpreter that runs the statement, with its byte code in this folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = byte_code
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Time both statements in turn, so that a busy moment of the machine touches both alike."""
    ours: list[float] = []
    base: list[float] = []
    with tempfile.TemporaryDirectory() as byte_code:
        for statement in (OURS, BASE):  # compile, as an installed package is, and fill the file cache
            seconds(statement, byte_code)
        for _ in range(PROCESSES):
            ours.append(seconds(OURS, byte_code))
            base.append(seconds(BASE, byte_code))
    ratio = statistics.median(ours) / statistics.median(base)
    print(f"{BASE}: {statistics.median(base) * 1000:.0f} ms (median of {PROCESSES} fresh processes)")
    print(f"{OURS}: {statistics.median(ours) * 1000:.0f} ms")
    print(f"ratio: {ratio:.3f} (bound {BOUND})")
    return int(ratio > BOUND)


if __name__ == "__main__":
    sys.exit(main())
