"""The import rules of the design: which room may import which, and which package stands in one file only."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pxdbkg"
COMMON = {"errors", "log", "provenance", "seeding", "config", "values"}  # values: the checking half of config
STANDARD = set(sys.stdlib_module_names)
# room -> (rooms, packages) that it may import besides COMMON, numpy and the standard library
RULES: dict[str, tuple[set[str], set[str]]] = {
    "framework": (set(), set()),
    "detector": (set(), set()),
    "kernels": ({"detector"}, set()),
    "io": ({"detector", "kernels"}, set()),
    "reference": ({"kernels", "detector", "io"}, {"scipy"}),
    "generators": ({"kernels", "detector", "io"}, {"torch"}),
    "validation": ({"kernels", "detector", "io", "reference"}, {"scipy"}),
    "modules": ({"framework", "detector", "kernels", "io", "reference", "generators", "validation"}, set()),
}
ONLY_IN = {
    "yaml": {"config.py"},
    "uproot": {"io/root.py"},
    "awkward": {"io/root.py"},
    "PIL": {"io/images.py"},
    "matplotlib": {"validation/plots.py"},
    "sklearn": {"validation/classifier.py"},
    "threadpoolctl": {"validation/classifier.py"},
    "torch": {"validation/tile_network.py"}
    | {
        path.relative_to(PACKAGE).as_posix()
        for room in ("generators", "cli")
        for path in (PACKAGE / room).rglob("*.py")
    },
    "acts": {"validation/tracks.py"},
    "_core": {f"kernels/{path.name}" for path in (PACKAGE / "kernels").glob("*.py")},
}


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, wherever in the file the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=str)
def test_room_imports_only_what_the_design_allows(path: Path) -> None:
    parts = path.parts
    room = parts[0] if len(parts) > 1 else path.stem
    for name in imports(PACKAGE / path):
        top, _, rest = name.partition(".")
        inner = rest.split(".")[0]
        marker = inner if top == "pxdbkg" else top
        if marker in ONLY_IN:
            assert path.as_posix() in ONLY_IN[marker], f"{path} imports {name}"
        if room in COMMON:
            assert (
                top in STANDARD or top in {"numpy", "yaml"} or (top == "pxdbkg" and inner in COMMON | {"__version__"})
            )
        elif room in RULES:
            rooms, packages = RULES[room]
            if top == "pxdbkg":
                assert inner in rooms | COMMON | {room, "_core", "__version__"}, f"{path} imports {name}"
            else:
                own = {package for package, files in ONLY_IN.items() if path.as_posix() in files}
                assert top in STANDARD | packages | own | {"numpy"}, f"{path} imports {name}"
        else:
            assert room in {"__init__", "cli", "hosts", "_build"}, f"{path} belongs to no room of the design"


FOREIGN_RANDOMNESS = re.compile(
    r"^(random|secrets|uuid)$|(^|\.)(np|numpy)\.random|^torch\.(rand\w*|normal|bernoulli|multinomial|poisson|manual_seed|seed)$"
)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_randomness_comes_from_the_seeding_room(path: Path) -> None:
    """No generator but our own is named; the system is asked for a seed and for names of temporary files only."""
    tree = ast.parse((PACKAGE / path).read_text())
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found = sorted(name for name in used if FOREIGN_RANDOMNESS.search(name))
    assert found == (["secrets"] if path.as_posix() in {"seeding.py", "io/atomic.py"} else [])


def test_nothing_imports_the_command_line() -> None:
    for path in FILES:
        if path.parts[0] != "cli":
            assert not any(name.startswith("pxdbkg.cli") for name in imports(PACKAGE / path)), path


def test_import_is_light() -> None:
    code = (
        "import sys, pxdbkg, pxdbkg.modules, pxdbkg.framework, pxdbkg.io\n"
        "pxdbkg.create_path()\n"
        "heavy = {'torch', 'matplotlib', 'uproot', 'awkward', 'scipy', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_files_stay_short() -> None:
    root = PACKAGE.parent
    files = [*PACKAGE.rglob("*.py"), *(root / "csrc").rglob("*.?pp"), *(root / "tests").rglob("*.py")]
    long = {str(path): lines for path in files if (lines := len(path.read_text().splitlines())) > 400}
    assert not long
