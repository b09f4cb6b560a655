"""``python -m tests.architecture``: prints the rooms and the entries of each from the ground up, with their arrows.

``--deep`` prints the entries of the folders in the rooms too. Exits with 1 where a rule is broken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from tests.architecture import graph, project, rules
from tests.architecture.imports import Imports
from tests.architecture.orders import ENTRIES, ROOMS


def picture(imports: Imports, folders: list[str]) -> Iterator[str]:
    """The lines: for each folder its levels from the ground up, and what each entry imports from."""
    for folder in folders:
        arrows = graph.arrows_within(imports, folder)
        yield f"{folder or 'the rooms'}, from the ground up"
        for number, level in enumerate(graph.levels(arrows), start=1):
            for position, entry in enumerate(level):
                targets = ", ".join(sorted(arrows[entry]))
                yield f"{'' if position else number:>4}  {entry}{f' → {targets}' if targets else ''}"
        yield ""


def main() -> int:
    """Print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.architecture", description=__doc__)
    parser.add_argument("--deep", action="store_true", help="the entries of every folder, not only of the rooms")
    deep = parser.parse_args().deep
    imports = project.imports()
    shown = [folder for folder in graph.folders(imports) if deep or folder.count(".") == 0]
    wrong = [
        *(f"circle {circle}" for circle in rules.circles(imports)),
        *rules.out_of_order(imports, ROOMS, ENTRIES),
        *rules.imported_programs(imports),
    ]
    sys.stdout.writelines(f"{line}\n" for line in [*picture(imports, shown), *wrong])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
