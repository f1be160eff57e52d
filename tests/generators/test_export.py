"""Export: the frozen network makes the numbers of the plain one, in the same file each time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from pxdbkg.generators.payload import Payload
from pxdbkg.io import payload as files

ROOT = Path(__file__).parents[2]


def test_same_file_in_another_process(tmp_path: Path) -> None:
    for name in ("a", "b"):
        code = f"from pxdbkg.cli.main import main; raise SystemExit(main(['export', 'baseline', '-o', '{name}.pt', "
        code += f"'--reference', {str(ROOT / 'data' / 'geant4_reference.json')!r}]))"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)
    for suffix in (".pt", ".npz"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert files.check(tmp_path / "a.pt").digest == files.check(ROOT / "data" / "models" / "default.pt").digest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "a.pt", "b.npz", "b.pt"]


def test_file_names_no_source_files(make_toy: Callable[..., Payload]) -> None:
    with zipfile.ZipFile(make_toy("clusters").path) as archive:
        assert not [name for name in archive.namelist() if "debug" in name or "serialization" in name]
        assert not any(str(ROOT).encode() in archive.read(name) for name in archive.namelist())
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())


def test_same_digest_after_other_exports(make_toy: Callable[..., Payload]) -> None:
    """Torch numbers the types that it has seen; the file does not show it."""
    first = make_toy("clusters").digest
    make_toy("image")
    assert make_toy("clusters").digest == first


def test_arrays_beside_the_payload(make_toy: Callable[..., Payload]) -> None:
    toy = make_toy("clusters")
    info = files.check(toy.path.with_suffix(".npz"))
    assert (info.storage, info.kind, info.sizes) == ("arrays", "clusters", toy.metadata.sizes)
    assert list(files.read_arrays(toy.path.with_suffix(".npz"))) == ["weight"]
