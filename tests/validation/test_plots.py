from pathlib import Path

from pxdbkg.validation import plots


def test_pictures_are_written_whole(tmp_path: Path) -> None:
    pyplot = plots.load_pyplot()
    plots.save(pyplot.figure(figsize=(1, 1)), tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert not pyplot.get_fignums()
