import io
import sys

import pytest

import pxdbkg
from pxdbkg.errors import ModuleError
from pxdbkg.framework import Module
from pxdbkg.log import progress_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(interval_s: float = 0.0, count: int = 3, *, fail: bool = False) -> None:
    class Fail(Module):
        def event(self) -> None:
            if fail and self.meta.event == 2:
                raise ValueError("no")

    path = pxdbkg.create_path()
    path.add_module("Progress", interval_s=interval_s)
    path.add_module(Fail())
    pxdbkg.process(path, events={"count": count}, seed=1)


def test_lines_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "pxdbkg")
    run()
    assert [message.partition(",")[0] for message in caplog.messages] == [f"{n} of 3 events" for n in (1, 2, 3)]
    caplog.clear()
    run(interval_s=1e6)
    assert [message.partition(",")[0] for message in caplog.messages] == ["3 of 3 events"]


@pytest.mark.parametrize("fail", [False, True])
def test_bar_on_a_terminal_leaves_its_line(monkeypatch: pytest.MonkeyPatch, fail: bool) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    if fail:
        monkeypatch.setattr("pxdbkg.log.BAR_INTERVAL_S", 0.0)
        with pytest.raises(ModuleError):
            run(fail=True)
    else:
        run()
        assert f"\r[{'#' * 30}] 3 of 3 events" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")


def test_time_left() -> None:
    assert progress_line(1, 4, 1200.0) == "1 of 4 events, 1200000.0 ms an event, 1:00:00 left"
