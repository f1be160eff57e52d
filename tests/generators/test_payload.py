"""The payload call: an event has the same bytes however it is asked for, and torch is left as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pxdbkg.detector.digits import Digits
from pxdbkg.detector.masks import PixelMask
from pxdbkg.errors import ConditionError, ConfigError, PayloadError
from pxdbkg.generators.payload import Payload, load_payload
from pxdbkg.seeding import event_key

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
GOLDEN_DIGESTS = ["87c34b2eb467cca7", "5b20291a2aefd2ce"]


def one(payload: Payload, event: int = 17, **arguments: object) -> Digits:
    return payload.generate(**{"seed": 42, "events": event, **arguments}).columns


@pytest.fixture(scope="module")
def event17(null_model: Payload) -> Digits:
    return one(null_model)


def test_attributes(null_model: Payload) -> None:
    assert (null_model.family, null_model.kind, null_model.threshold) == ("baseline", "clusters", 7)
    assert len(null_model.digest) == 64
    assert "null model" in null_model.metadata.note
    assert "baseline" in repr(null_model)


def test_digits_are_sorted_and_pass_the_threshold(event17: Digits) -> None:
    event17.check("event 17")
    assert event17.charge.min() >= 7
    assert event17.charge.max() <= 255
    assert 60_000 < len(event17) < 80_000


def test_same_alone_in_a_batch_and_reversed(null_model: Payload, event17: Digits) -> None:
    forward = null_model.generate(seed=42, events=range(14, 19))
    backward = null_model.generate(seed="42", events=reversed(range(14, 19)))
    assert forward.event(3) == event17
    assert backward.event(1) == event17
    assert [part.digest() for part in forward.events()] == [part.digest() for part in backward.events()][::-1]
    assert one(null_model) == event17


@pytest.mark.parametrize(
    "change", [{"seed": 43}, {"experiment": 1}, {"run": 1}, {"events": 18}, {"stream": "another"}], ids=str
)
def test_other_identity_gives_another_event(null_model: Payload, event17: Digits, change: dict[str, object]) -> None:
    assert one(null_model, **change) != event17


def test_first_and_hundredth_call_agree(null_model: Payload) -> None:
    request = null_model.request(sensors=[3])
    key = event_key(1, "x", 0, 0, 5)
    assert len({null_model.digits(key, request).digest() for _ in range(100)}) == 1


def test_leaving_out_sensors_leaves_the_others(null_model: Payload, event17: Digits) -> None:
    wanted = [0, 7, 33]
    assert one(null_model, sensors=["1.1.1", 7, "2.9.2"]) == event17.select(np.isin(event17.sensor, wanted))
    assert len(one(null_model, sensors=[])) == 0


def test_masked_pixels_are_missing(null_model: Payload, event17: Digits) -> None:
    mask = PixelMask.from_mapping({"sensors": ["1.2.1"], "rows": {"2.1.1": [5, 6]}})
    expected = event17.select(~mask.is_masked(event17))
    assert 0 < len(expected) < len(event17)
    assert one(null_model, masks=mask) == expected
    assert one(null_model, masks={"sensors": ["1.2.1"], "rows": {"2.1.1": [5, 6]}}) == expected


def test_regions_hold_the_digits_of_the_whole_event(null_model: Payload, event17: Digits) -> None:
    boxes = [
        {"sensor": "1.1.2", "u_min": 10, "u_max": 99, "v_min": 0, "v_max": 300},
        {"sensor": 1, "u_min": 50, "u_max": 120, "v_min": 200, "v_max": 767},
        {"sensor": 20, "u_min": 0, "u_max": 249, "v_min": 0, "v_max": 767},
    ]
    inside = np.zeros(len(event17), bool)
    for sensor, box in zip((1, 1, 20), boxes, strict=True):
        u_ok = (event17.u >= box["u_min"]) & (event17.u <= box["u_max"])
        inside |= (event17.sensor == sensor) & u_ok & (event17.v >= box["v_min"]) & (event17.v <= box["v_max"])
    assert one(null_model, rois=boxes) == event17.select(inside)
    assert len(one(null_model, rois=[])) == 0


def test_threshold_cuts(null_model: Payload, event17: Digits) -> None:
    assert one(null_model, threshold=30) == event17.select(event17.charge >= 30)


def test_occupancy_scale(null_model: Payload, event17: Digits) -> None:
    # Overlaps take 1 % more of a double occupancy of 0.9 %.
    assert len(one(null_model, conditions={"occupancy_scale": 2.0})) / len(event17) == pytest.approx(2, rel=0.03)
    assert len(one(null_model, conditions={"occupancy_scale": 0.1})) / len(event17) == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize(
    ("argument", "error", "words"),
    [
        ({"events": -1}, ConfigError, ("event -1", "2^64 - 1")),
        ({"run": 2**31}, ConfigError, ("run 2147483648", "2^31 - 1")),
        ({"threshold": 300}, ConfigError, ("threshold: 300", "7 to 255 ADU")),
        ({"threshold": 6}, ConfigError, ("threshold: 6", "7 to 255")),
        ({"threshold": 7.5}, ConfigError, ("threshold: 7.5",)),
        ({"threads": 0}, ConfigError, ("threads: 0", "1 or more")),
        ({"sensors": ["9.1.1"]}, ConfigError, ("'9.1.1'",)),
        ({"masks": {"row": {}}}, ConfigError, ("'row'", "rows")),
        ({"rois": [{"sensor": 0}]}, ConfigError, ("rois[0]",)),
        ({"conditions": {"occupancy_scale": 9}}, ConditionError, ("occupancy_scale", "9", "0.1 to 4")),
        ({"conditions": {"occupancy_scale": float("nan")}}, ConditionError, ("nan", "0.1 to 4")),
        ({"conditions": {"occupancy": 1}}, ConditionError, ("occupancy", "Did you mean 'occupancy_scale'")),
    ],
    ids=str,
)
def test_wrong_arguments_are_one_line(
    null_model: Payload, argument: dict[str, object], error: type[Exception], words: tuple[str, ...]
) -> None:
    with pytest.raises(error) as caught:
        one(null_model, **argument)
    text = str(caught.value)
    assert "\n" not in text
    assert all(word in text for word in words), text


def test_all_wrong_arguments_are_told(null_model: Payload) -> None:
    with pytest.raises(ConfigError) as caught:
        null_model.request(threshold=1, sensors=[77], conditions={"x": 1})
    assert len(str(caught.value).splitlines()) == 3


def random_states() -> tuple[list[int], list[int]]:
    return np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002  # it must not change


def test_state_of_torch_and_numpy_is_left_alone(null_model: Payload) -> None:
    before = random_states()
    threads = torch.get_num_threads(), torch.get_num_interop_threads()
    grad = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    for path in (null_model.path, null_model.path.with_suffix(".npz")):
        one(load_payload(path), threads=threads[0] + 1, sensors=[0])
    assert random_states() == before
    assert (torch.get_num_threads(), torch.get_num_interop_threads()) == threads
    assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == grad


def test_threads_do_not_change_the_null_model(null_model: Payload, event17: Digits) -> None:
    assert one(null_model, threads=2) == event17


def test_same_in_another_process(null_model: Payload, event17: Digits) -> None:
    code = (
        "import sys, pxdbkg\n"
        "payload = pxdbkg.load_payload(sys.argv[1])\n"
        "print(payload.generate(seed=42, events=17).columns.digest())\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(null_model.path)], check=True, capture_output=True, text=True, timeout=120
    )
    assert child.stdout.strip() == event17.digest()


def test_arrays_and_torchscript_give_the_same_bytes(null_model: Payload, event17: Digits) -> None:
    rebuilt = load_payload(null_model.path.with_suffix(".npz"))
    assert one(rebuilt) == event17
    assert rebuilt.metadata.settings == null_model.metadata.settings


# Payloads of format 1 load for ever, and this one makes these bytes on every machine.
@pytest.mark.parametrize("name", ["payload_v1.pt", "payload_v1.npz"])
def test_golden_payload(name: str) -> None:
    payload = load_payload(GOLDEN / name)
    table = payload.generate(seed=42, events=[17, 2**40], conditions={"occupancy_scale": 0.5})
    assert [part.digest()[:16] for part in table.events()] == GOLDEN_DIGESTS


@pytest.mark.parametrize("kind", ["image", "clusters"])
@pytest.mark.parametrize("fault", ["nan", "double"])
def test_network_that_fails_names_the_event(make_toy: Callable[..., Payload], kind: str, fault: str) -> None:
    payload = make_toy(kind, fault)
    with pytest.raises(PayloadError, match="experiment 1, run 2, event 3") as caught:
        payload.generate(seed=1, experiment=1, run=2, events=[3])
    assert "\n" not in str(caught.value)
    assert ("not finite" if fault == "nan" else "float64") in str(caught.value) or "NaN" in str(caught.value)
