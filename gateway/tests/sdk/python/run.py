"""Runs the tests of this folder: every argument goes to unittest (`-k recovery`, `-f`). Prints totals as node does."""

import sys
import unittest
from pathlib import Path


class Result(unittest.TextTestResult):
    """Names each test by its sentence while it runs."""

    def getDescription(self, test):
        sentence = test.id().rpartition(".")[2].removeprefix("test_").replace("_", " ")
        return f"{test.way}: {sentence}" if hasattr(test, "way") else str(test)


def main() -> int:
    folder = Path(__file__).parent
    sys.path.insert(0, str(folder))
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    command = ["unittest", "discover", "--start-directory", str(folder), *sys.argv[1:]]
    result = unittest.main(module=None, argv=command, testRunner=runner, exit=False).result
    broken = [*result.failures, *result.errors]
    missed = [(test, "expected to fail") for test in result.unexpectedSuccesses]
    failed = len({test.id() for test, _ in broken + missed})
    # The totals in the form of node's reporter, which scripts/test.sh adds up.
    print(f"python tests {result.testsRun}")
    print(f"python pass {result.testsRun - failed - len(result.skipped)}")
    print(f"python fail {failed}")
    for test, _ in broken:
        print(f"FAILED: {result.getDescription(test)}", file=sys.stderr)
    return 0 if failed == 0 and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
