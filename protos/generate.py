"""Makes the Python stubs in ``inference_server/generated/`` from the ``.proto`` files beside this script.

``python protos/generate.py`` rewrites them; with ``--check`` it only says whether they are current (exit code 1 if
they are not); with ``--lint`` it runs buf over our own definitions (needs npm; without it, it says so and passes).
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import google.rpc
import grpc_tools
from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parent
GENERATED = PROTOS.parent / "inference_server" / "generated"
PACKAGE = "inference_server.generated"
BUF = "@bufbuild/buf@1.75.0"
#: Messages about models were declared in arrhythmia.proto; by its public import generated code keeps their names there.
_PUBLIC_IMPORT = '"ignore_only": {"IMPORT_NO_PUBLIC": ["ecg/v1/arrhythmia.proto"]}'
BUF_CONFIG = f'{{"version": "v2", "lint": {{"use": ["STANDARD", "COMMENTS"], "ignore": ["google"], {_PUBLIC_IMPORT}}}}}'
INIT = '"""Generated from protos/ by ``make protos``. Do not edit."""\n'


def generate(target: Path) -> None:
    """Write the stubs of every ``.proto`` file into ``target``, as importable packages.

    Raises:
        RuntimeError: protoc refused a file; it has said why on stderr.
    """
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    roots = sorted({Path(source).parts[0] for source in sources})
    _protoc(*(f"--{kind}={target}" for kind in ("python_out", "pyi_out", "grpc_python_out")), *sources)
    # protoc writes absolute imports from the root of the proto tree; ours lie inside a package.
    own_import = re.compile(rf"^(from|import) ({'|'.join(roots)})(?=[. ])", re.MULTILINE)
    for path in [*target.rglob("*.py"), *target.rglob("*.pyi")]:
        path.write_text(own_import.sub(rf"\1 {PACKAGE}.\2", path.read_text()))
    # Other programs' stubs define the package `inference` as well (tritonclient does), and one descriptor pool holds a
    # name once: ours gets a pool of its own.
    for path in (target / "inference").glob("*_pb2.py"):
        path.write_text(path.read_text().replace("_descriptor_pool.Default()", "_descriptor_pool.DescriptorPool()"))
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").write_text(INIT)


def lint() -> int:
    """Run buf's STANDARD rules over our own definitions (not those of the Open Inference Protocol).

    Returns:
        buf's exit code; 0 when npm is not installed.
    """
    npm = shutil.which("npm")
    if npm is None:
        print("protos: npm is not installed, buf lint is skipped", file=sys.stderr)  # noqa: T201
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # As an image, because buf would otherwise fetch google/rpc/*.proto from its own registry.
        image = Path(folder) / "image.binpb"
        own = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "ecg").rglob("*.proto"))
        _protoc("--include_imports", "--include_source_info", f"--descriptor_set_out={image}", *own)
        buf = [npm, "exec", "--yes", f"--package={BUF}", "--", "buf", "lint", str(image), "--config", BUF_CONFIG]
        return subprocess.run(buf, timeout=300, check=False).returncode


def _protoc(*arguments: str) -> None:
    well_known = Path(grpc_tools.__file__).parent / "_proto"  # google/protobuf/*.proto
    googleapis = Path(next(iter(google.rpc.__path__))).parent.parent  # google/rpc/*.proto
    folders = (f"--proto_path={folder}" for folder in (PROTOS, well_known, googleapis))
    if protoc.main(["protoc", *folders, *arguments]) != 0:
        raise RuntimeError("protoc failed")


def differences(made: Path, committed: Path) -> list[str]:
    """Relative paths that only one of the two trees has, or whose content differs."""
    trees = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.suffix in {".py", ".pyi"}}
        for root in (made, committed)
    ]
    paths = trees[0].keys() | trees[1].keys()
    return sorted(str(path) for path in paths if trees[0].get(path) != trees[1].get(path))


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if the stubs are out of date")
    parser.add_argument("--lint", action="store_true", help="change nothing, check the definitions' style")
    arguments = parser.parse_args()
    if arguments.lint:
        return lint()
    check = arguments.check
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        generate(made)
        stale = differences(made, GENERATED)
        if stale and not check:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(made, GENERATED)
    if stale and check:
        print("Out of date, run `make protos`:", *stale, sep="\n  ", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
