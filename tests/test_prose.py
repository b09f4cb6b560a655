"""Pages for people: lines that fit, files, modules and commands that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "models" / "MODEL_CARD.md")
)
WIDTH = 120

#: The guide is read before anything is done; what is looked up stands in the reference, what was tried in the log.
GUIDE_WORDS = 1500

PACKAGES = ("archive", "benchmarks", "ecg", "inference_server", "launcher", "training", "webportal")
FOLDERS = (
    *PACKAGES,
    ".ci",
    ".github",
    "deploy",
    "docs",
    "models",
    "protos",
    "requirements",
    "results",
    "samples",
    "tests",
)

#: The history may name what is no longer there.
OF_THE_PAST = {"docs/experiments.md", "CHANGELOG.md"}

#: Of Django and its applications.
FOREIGN_COMMANDS = {
    "changepassword",
    "check",
    "collectstatic",
    "createcachetable",
    "createsuperuser",
    "db_worker",
    "dbshell",
    "migrate",
    "prune_db_task_results",
}

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def _text(page: str) -> str:
    return (ROOT / page).read_text()


def _prose(page: str) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is no table, no code and no bare link."""
    fenced = False
    for number, line in enumerate(_text(page).splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("|") and not re.fullmatch(r"\W*\S+\W*", line):
            yield number, line


def _code(page: str) -> list[str]:
    """Code within the text, and every command of the blocks, continued lines joined."""
    blocks = FENCE.findall(_text(page))
    text = FENCE.sub("", _text(page))
    commands = [
        line.partition("  #")[0].strip()
        for _, language, body in blocks
        if language in ("sh", "")
        for line in body.replace("\\\n", " ").splitlines()
    ]
    return [" ".join(found.split()) for found in CODE.findall(text)] + commands


@pytest.mark.parametrize("page", PAGES)
def test_no_line_of_prose_is_too_long(page: str) -> None:
    assert [f"{page}:{number}" for number, line in _prose(page) if len(line) > WIDTH] == []


def test_the_guide_for_model_builders_can_be_read_at_once() -> None:
    assert len(_text("docs/model-builders.md").split()) <= GUIDE_WORDS


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    missing = []
    for target in LINK.findall(FENCE.sub("", _text(page))):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if "://" in target or target.startswith("mailto:"):
            continue
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in _anchors(path)):
            missing.append(target)
    assert missing == []


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted(set(PAGES) - OF_THE_PAST))
def test_files_and_modules_that_are_named_exist(page: str) -> None:
    words = [word.strip("\"'.,;:()") for code in _code(page) for word in re.split(r"[\s=]", code)]
    paths = {word for word in words if word.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and _is_meant(word)}
    modules = {word for word in words if re.fullmatch(rf"({'|'.join(PACKAGES)})(\.\w+)+", word)}
    modules = {module for module in modules if not module.startswith("ecg.v1.")}  # the wire's names
    missing = [path for path in paths if not (ROOT / path).exists() and not any(ROOT.glob(path.rstrip("/")))]
    assert sorted(missing) == []
    assert sorted(module for module in modules if not _module_exists(module)) == []


def _is_meant(word: str) -> bool:
    """Whether a path is one of this repository's, not a place for the reader's own."""
    return not re.search(r"[$…{]|<\w+>|/\.env$", word)


def _module_exists(dotted: str) -> bool:
    """A module, or a name in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:length])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file() and (length > 1 or len(parts) == 1):
                return all(re.search(rf"\b{name}\b", file.read_text()) for name in parts[length:])
        if base.is_dir() and length == len(parts):
            return True
    return False


@pytest.mark.parametrize("page", sorted(set(PAGES) - OF_THE_PAST))
def test_commands_that_are_named_exist(page: str) -> None:
    wrong = []
    for code in _code(page):
        for module, rest in re.findall(r"python -m ([\w.]+)((?: [^|;&]*)?)", code):
            if module.partition(".")[0] in PACKAGES:
                wrong += [f"{module}: {fault}" for fault in _faults(module, rest.split())]
        wrong += [target for target in re.findall(r"^make ([a-z-]+)", code) if target not in _make_targets()]
        wrong += [
            command for command in re.findall(r"manage\.py ([a-z_]+)", code) if command not in _management_commands()
        ]
    assert wrong == []


def _faults(module: str, words: list[str]) -> Iterator[str]:
    base = ROOT.joinpath(*module.split("."))
    if not (base.with_suffix(".py").is_file() or (base / "__main__.py").is_file()):
        yield "is no program"
        return
    command = _applications().get(module)
    while (commands := getattr(command, "commands", None)) and words and not words[0].startswith("-"):
        name = words.pop(0)
        if re.fullmatch(r"[A-Z]+|…", name):
            return
        following = commands.get(name)
        if following is None:
            yield f"has no command {name}"
            return
        command = following
    if command is not None:
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for word in words:
            option = word.partition("=")[0]
            if re.fullmatch(r"--[a-z-]+", option) and option not in options | {"--help"}:
                yield f"{command.name} has no option {option}"


def _applications() -> dict[str, Any]:
    from archive.commands import app as archive
    from inference_server.commands.application import app as server
    from training.__main__ import app as training

    return {"archive": get_command(archive), "training": get_command(training), "inference_server": get_command(server)}


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) | {"alone"}


def _management_commands() -> set[str]:
    own = {path.stem for path in ROOT.glob("webportal/*/management/commands/[a-z]*.py")}
    return own | FOREIGN_COMMANDS
