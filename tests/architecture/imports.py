"""The project's modules and what each of them imports, wherever in the file the import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Imports = Mapping[str, frozenset[str]]
"""The modules of the project that each module of the project imports; ``a/b/__init__.py`` is ``a.b.__init__``."""

FACE = "__init__"
PROGRAM = "__main__"


def read(root: Path, rooms: Iterable[str]) -> dict[str, frozenset[str]]:
    """The imports of every module below ``root`` in the folders ``rooms``, inside functions and for types only too."""
    files = {name: path for room in rooms for name, path in _modules(root, root / room)}
    return {name: frozenset(_imported(name, path.read_text(), files.keys()) - {name}) for name, path in files.items()}


def _modules(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*.py")):
        yield ".".join(path.relative_to(root).with_suffix("").parts), path


def _imported(name: str, source: str, known: Iterable[str]) -> set[str]:
    """The modules of ``known`` that a module's source names in its imports."""
    modules = set(known)
    package = name.rpartition(".")[0]
    imported: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                imported.update(_module(alias.name, modules) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                origin = _absolute(package, module or "", level)
                # ``from a import b``: the module a.b where there is one, else something that a itself has.
                imported.update(
                    _module(f"{origin}.{alias.name}", modules) or _module(origin, modules) for alias in names
                )
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(target)), *_]):
                imported.add(_module(target, modules))
    return imported - {""}


def _absolute(package: str, module: str, level: int) -> str:
    """What a relative import means in ``package``."""
    if level == 0:
        return module
    above = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*above, module] if module else above)


def _module(dotted: str, modules: set[str]) -> str:
    """The module's name, with the face of a package named as such; empty if it is not of the project."""
    return next((name for name in (dotted, f"{dotted}.{FACE}") if name in modules), "")
