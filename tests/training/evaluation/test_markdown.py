from training.evaluation import markdown

TEXT = "# A card\n\n" + "word " * 60 + "\n\n- " + "item " * 40 + "\n- short\n\n| " + "cell " * 60 + "|\n"


def test_prose_is_wrapped_and_tables_are_not() -> None:
    lines = markdown.wrapped(TEXT).splitlines()
    assert lines[0] == "# A card"
    assert all(len(line) <= markdown.WIDTH for line in lines if not line.startswith("|"))
    assert lines[-1] == TEXT.splitlines()[-1]
    assert "- short" in lines
    assert lines[lines.index("- short") - 1].startswith("  item")


def test_wrapping_twice_changes_nothing() -> None:
    assert markdown.wrapped(markdown.wrapped(TEXT)) == markdown.wrapped(TEXT)
