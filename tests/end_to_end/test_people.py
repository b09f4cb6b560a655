"""All journeys live in one system, in any order."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path


def test_everybody_who_signs_up_has_a_name_of_their_own() -> None:
    sources = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    names = Counter(re.findall(r'sign_up\(\w+, system, "(\w+)"\)', sources))
    assert len(names) > 20
    assert [name for name, times in names.items() if times > 1] == []
