"""All journeys live in one system, in any order."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path


def test_everybody_who_signs_up_has_a_name_of_their_own() -> None:
    files = sorted(set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)})
    sources = "\n".join(path.read_text() for path in files)
    calls = len(re.findall(r"\bsign_up\(", sources))
    names = Counter(re.findall(r'\bsign_up\(\w+, system, "(\w+)"\)', sources))
    assert calls == names.total() > 20, "names are to be seen here"
    assert [name for name, times in names.items() if times > 1] == []
