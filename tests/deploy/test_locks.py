"""What is installed: every package at one version, with digests, and nothing that a place has no use for."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements import layers

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
#: Each lock, and the extras that it is for.
LOCKS = {
    "requirements.lock": list(EXTRAS),
    "requirements/shared.lock": [],
    "requirements/science.lock": [],
    "requirements/server.lock": ["server"],
    "requirements/portal.lock": ["portal", "postgresql"],
    "requirements/serving.lock": ["server", "portal"],
    "requirements/training.lock": ["training"],
    "requirements/archive.lock": ["archive"],
    "requirements/tracing.lock": ["tracing"],
    "requirements/watsonx.lock": ["server"],
}
PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\\n]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+",
    re.MULTILINE,
)
BASE = re.compile(r"^-r \S+\n", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """Versions by package, as pip reads them: with those of the locks that ``lock`` names."""
    matches = [PIN.match(pin) for pin in layers.flat(lock).values()]
    return {pin["name"]: pin["version"] for pin in matches if pin}


def built_upon(lock: str) -> set[str]:
    """The locks that one names, and those that these name."""
    bases = {f"requirements/{name}" for name in re.findall(r"^-r (\S+)$", (ROOT / lock).read_text(), re.MULTILINE)}
    return bases.union(*(built_upon(base) for base in bases))


def named(extra: str) -> set[Requirement]:
    """What an extra names, also through extras that it includes."""
    names = set()
    for text in EXTRAS[extra]:
        requirement = Requirement(text)
        if requirement.name == "beatlens":
            names |= {inside for other in requirement.extras for inside in named(other)}
        else:
            names.add(requirement)
    return names


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_with_digests(lock: str) -> None:
    assert BASE.sub("", PIN.sub("", (ROOT / lock).read_text())) == "", "not as `make lock` writes it"


def test_a_lock_repeats_nothing_of_those_it_builds_upon(tmp_path: Path) -> None:
    for lock in LOCKS:
        (tmp_path / lock).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / lock, tmp_path / lock)
    layers.flatten(tmp_path)
    assert len((tmp_path / "requirements.lock").read_text()) > 3 * len((ROOT / "requirements.lock").read_text())
    layers.layer(tmp_path)
    assert all((tmp_path / lock).read_text() == (ROOT / lock).read_text() for lock in LOCKS)


def test_a_lock_that_disagrees_with_its_base_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    digest = f" \\\n    --hash=sha256:{64 * '0'}\n"
    for lock in LOCKS:
        version = "2.0" if lock == "requirements/server.lock" else "2.1"
        (tmp_path / lock).write_text(f"numpy=={version}{digest}")
    with pytest.raises(ValueError, match=r"differs from requirements/server\.lock in numpy"):
        layers.layer(tmp_path)


@pytest.mark.parametrize("lock", LOCKS)
def test_it_has_what_pyproject_names_and_what_builds(lock: str) -> None:
    versions = pins(lock)
    for requirement in {inside for extra in LOCKS[lock] for inside in named(extra)} | {Requirement("setuptools>=77")}:
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is missing: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement}: run `make lock`"


# IBM's client, in an environment of its own, wants an older pandas than everything else.
@pytest.mark.parametrize(
    "lock", [lock for lock in LOCKS if lock.removeprefix("requirements") not in (".lock", "/watsonx.lock")]
)
def test_all_locks_agree(lock: str) -> None:
    assert pins(lock).items() <= pins("requirements.lock").items()


@pytest.mark.parametrize(
    ("lock", "unwanted"),
    [
        ("requirements/serving.lock", {"tensorflow", "keras", "pytest"}),
        ("requirements/server.lock", {"tensorflow", "django", "pytest"}),
        ("requirements/portal.lock", {"tensorflow", "onnxruntime", "pytest"}),
        ("requirements/training.lock", {"django", "pytest"}),
    ],
)
def test_nobody_installs_what_they_have_no_use_for(lock: str, unwanted: set[str]) -> None:
    assert not pins(lock).keys() & unwanted


@pytest.mark.parametrize(
    ("dockerfile", "lock"), [("inference-server", "server"), ("portal", "portal"), ("training", "training")]
)
def test_containers_install_by_digest(dockerfile: str, lock: str) -> None:
    text = (ROOT / "deploy" / f"{dockerfile}.Dockerfile").read_text()
    for path in built_upon(f"requirements/{lock}.lock"):
        assert f"{path} " in text, "copied with the lock that builds upon it"
    installs = re.findall(r"pip install ([^\\\n&]+)", text)
    assert [line.strip() for line in installs] == [
        f"--no-cache-dir --require-hashes -r requirements/{lock}.lock",
        "--no-deps --no-build-isolation .",
    ]


@pytest.mark.parametrize("dockerfile", sorted((ROOT / "deploy").glob("*.Dockerfile")), ids=lambda path: path.name)
def test_containers_have_every_package_of_ours_that_they_use(dockerfile: Path) -> None:
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    for stage in dockerfile.read_text().split("\nFROM ")[1:]:
        lines = re.findall(r"^COPY (?!--from)(.+)$", stage, re.MULTILINE)
        copied = ours & {name for line in lines for name in line.split()}
        files = [path for package in copied for path in (ROOT / package).rglob("*.py")]
        imports = re.compile(r"^\s*(?:from|import) (\w+)", re.MULTILINE)
        used = {name for path in files for name in imports.findall(path.read_text())}
        assert used & ours <= copied
