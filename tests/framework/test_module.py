import logging
from dataclasses import dataclass

import pytest

import pxdbkg
from pxdbkg.config import parameter
from pxdbkg.errors import BadInput, ConfigError
from pxdbkg.framework import EventMeta, Job, Module, Path, registry
from pxdbkg.framework.module import parse_expression
from pxdbkg.seeding import event_key


def test_all_faults_of_the_parameters_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        registry.lookup("Make")(siz=3, size=-1, output=4)
    assert caught.value.problems == (
        "Make.siz: unknown parameter (known: output, size, stream). Did you mean 'size'?",
        "Make.size: -1 is out of range (allowed: 0 to 1000000000 B)",
        "Make.output: 4 is not a text",
    )


def test_unknown_module_names_similar_ones() -> None:
    with pytest.raises(BadInput, match=r"unknown module 'Mak' \(known: .*Make.*\). Did you mean 'Make'\?"):
        pxdbkg.create_path().add_module("Mak")


def test_instances_take_no_parameters() -> None:
    path = pxdbkg.create_path()
    with pytest.raises(BadInput, match="Make is an instance"):
        path.add_module(registry.lookup("Make")(), size=3)
    with pytest.raises(BadInput, match="3 is not a module"):
        path.add_module(3)


def test_registering_something_else_fails() -> None:
    with pytest.raises(BadInput, match="not a subclass of Module"):
        registry.register_module(int)


def test_key_depends_on_seed_stream_and_event() -> None:
    def key(seed: str, stream: str | None = None) -> bytes:
        module = registry.lookup("Make")(stream=stream)
        module.job, module.meta = Job(seed), EventMeta(0, 1, 17)
        return module.key()

    assert key("42") == event_key("42", "Make", 0, 1, 17)
    assert key("42", "other") == event_key("42", "other", 0, 1, 17)
    assert len({key("42"), key("43"), key("42", "other")}) == 3


def test_a_module_may_have_a_seed_of_its_own() -> None:
    class Seeded(Module):
        @dataclass(frozen=True)
        class Config:
            seed: int | None = parameter(None, doc="seed")
            stream: str | None = parameter(None, doc="stream")

        random = True

    module = Seeded(seed=7)
    module.job, module.meta = Job("42"), EventMeta(0, 1, 17)
    assert module.key() == event_key("7", "Seeded", 0, 1, 17)


def test_only_random_modules_have_a_key() -> None:
    with pytest.raises(BadInput, match="random = True"):
        registry.lookup("Keep")().key()


def test_classes_that_cannot_work_are_refused_when_they_are_made() -> None:
    @dataclass(frozen=True)
    class Taken:
        if_true: int = 0

    with pytest.raises(TypeError, match="if_true mean something else"):
        type("Bad", (Module,), {"Config": Taken})
    with pytest.raises(TypeError, match="must be a dataclass"):
        type("Bad", (Module,), {"Config": object})
    with pytest.raises(TypeError, match="needs the field 'stream"):
        type("Bad", (Module,), {"random": True})


@pytest.mark.parametrize("text", ["", ">", "> 1.5", "=1", "1", ">1 and <3"])
def test_conditions_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a condition"):
        registry.lookup("Choose")().if_value(text, Path())


def test_conditions() -> None:
    assert parse_expression(" >=-3 ") == (">=", -3)


def test_log_level_holds_for_one_module(caplog: pytest.LogCaptureFixture) -> None:
    class Talk(Module):
        def event(self) -> None:
            self.log.debug("%s speaks", self.name)

    path = pxdbkg.create_path()
    path.add_module(Talk(), name="loud").set_log_level("DEBUG")
    path.add_module(Talk(), name="quiet").set_log_level("ERROR")
    with caplog.at_level(logging.DEBUG, "pxdbkg"):
        pxdbkg.process(path, events={}, seed=1)
    assert caplog.messages == ["loud speaks"]
    with pytest.raises(ConfigError, match="'LOUD' is not allowed"):
        Talk().set_log_level("LOUD")
