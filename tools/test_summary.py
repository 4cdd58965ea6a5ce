#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Say what JUnit files of ctest hold: what failed or was skipped, then one line of counts.

A test NAME that is a whole program of tests left what they were in gtest/NAME.xml beside that file: they count then, not it.
The exit status is 1 where a test failed or none ran.
"""
import pathlib
import sys
import xml.etree.ElementTree as tree

SKIPPED = {"notrun", "disabled"}


def said(case: tree.Element) -> str:
    """The end of what a test printed."""
    lines = (case.findtext("system-out") or "").strip().splitlines()
    return "\n".join("    " + line[:300] for line in lines[-30:])


def parts(path: pathlib.Path) -> list[tuple[str, str]]:
    """Names and outcomes of the tests of a program, none where it left no list of them."""
    try:
        cases = list(tree.parse(path).iter("testcase"))
    except (OSError, tree.ParseError):
        return []
    return [(f"{case.get('classname')}.{case.get('name')}",
             "failed" if case.find("failure") is not None else "skipped" if case.get("result") == "skipped" else "passed")
            for case in cases if case.get("status") == "run"]


def main() -> int:
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sys.argv[1:]:
        try:
            cases = list(tree.parse(path).iter("testcase"))
        except (OSError, tree.ParseError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            cases = []
        for case in cases:
            failed = case.get("status") == "fail" or case.find("failure") is not None
            skipped = case.get("status") in SKIPPED or case.find("skipped") is not None
            # ctest calls a program that is not there "not run" as well: that is a failure.
            missing = skipped and "Unable to find" in "".join(case.itertext())
            outcome = "failed" if failed or missing else "skipped" if skipped else "passed"
            within = parts(pathlib.Path(path).parent / "gtest" / f"{case.get('name')}.xml")
            # A program that failed and tells of no failure broke off.
            if outcome == "skipped" or (outcome == "failed" and "failed" not in dict(map(reversed, within))):
                within = []
            for name, its in within:
                counts[its] += 1
                if its != "passed":
                    print(f"{its}: {case.get('name')} {name}", file=sys.stderr)
            if not within:
                counts[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {case.get('name')}", file=sys.stderr)
            if outcome == "failed":
                print(said(case), file=sys.stderr)
    print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
