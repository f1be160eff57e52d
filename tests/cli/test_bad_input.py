"""Whatever a user gets wrong is one line with place and remedy, status 2, no traceback, and no file is left behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MODEL = "data/models/default.pt"
HITS = "data/signal_simhits.npz"
SENSORS = "(0..39 or layer.ladder.sensor: 1.1.1..1.8.2, 2.1.1..2.12.2; or layer1, layer2, run1)"
GENERATOR = "8:12: path[2].PXDBackgroundGenerator.model"


# (what is replaced in the job, by what, the line from its place on)
JOBS = {
    "unknown module": (
        "PXDClusterizer",
        "PXDClustrizer",
        "12:13: path[5]: unknown module 'PXDClustrizer' (known: BGOverlayExecutor, BGOverlayInput, DigitInput, "
        "DigitOutput, EventInfoSetter, PXDBackgroundGenerator, PXDBackgroundSimulator, PXDClusterizer, PXDDigitSorter, "
        "PXDDigitizer, PXDOccupancyMonitor, Progress, SignalHits). Did you mean 'PXDClusterizer'?",
    ),
    "unknown parameter": (
        "sensors: [0]",
        "sensor: [0]",
        "9:5: path[2].PXDBackgroundGenerator.sensor: unknown parameter (known: model, seed, threshold, sensors, "
        "masks, conditions, condition_table, rois, stream, output, threads, model_sha256). Did you mean 'sensors'?",
    ),
    "unknown key": (
        "seed: 42",
        "sed: 42",
        "1:1: sed: unknown key (known: path, seed, events, processes, log_level). Did you mean 'seed'?",
    ),
    "duplicate key": (
        "seed: 42",
        "seed: 42\nseed: 43",
        "2:1: the key 'seed' stands here a second time (first: line 1). Remove one",
    ),
    "wrong type": (
        "sensors: [0]",
        "threshold: seven",
        "9:16: path[2].PXDBackgroundGenerator.threshold: the text 'seven' is not a whole number (allowed: 1 to "
        "255 ADU)",
    ),
    "no list": (
        "[data/signal_simhits.npz]",
        HITS,
        f"5:12: path[0].SignalHits.files: the text '{HITS}' is not a list. Write [{HITS}]",
    ),
    "no list or null": (
        "sensors: [0]",
        "sensors: layer1",
        "9:14: path[2].PXDBackgroundGenerator.sensors: the text 'layer1' is of the wrong type (allowed: "
        "list[str or int] or null). Write [layer1]",
    ),
    "threshold 300": (
        "sensors: [0]",
        "threshold: 300",
        "9:16: path[2].PXDBackgroundGenerator.threshold: 300 is out of range (allowed: 1 to 255 ADU)",
    ),
    "threshold below that of the payload": (
        "sensors: [0]",
        "threshold: 5",
        "9:16: path[2].PXDBackgroundGenerator.threshold: 5 is out of range (allowed: 7 to 255 ADU; the payload "
        "was made with 7)",
    ),
    "unknown sensor": (
        "[0]",
        "[1.1.1, 40]",
        f"9:14: path[2].PXDBackgroundGenerator.sensors: 40 is not a sensor {SENSORS}",
    ),
    "unknown mask": (
        "sensors: [0]",
        "masks: {row: {1.1.1: [3]}}",
        "9:12: path[2].PXDBackgroundGenerator.masks: 'row' is not a kind of mask (sensors, rows, drains, pixels)"
        ". Did you mean 'rows'?",
    ),
    "masked row outside": (
        "sensors: [0]",
        "masks: {rows: {1.1.1: [3, 768]}}",
        "9:27: path[2].PXDBackgroundGenerator.masks.rows.1.1.1: 768 is not a row (0..767)",
    ),
    "unknown condition": (
        "sensors: [0]",
        "conditions: {occupancy: 2}",
        "9:29: path[2].PXDBackgroundGenerator.conditions.occupancy: 2.0 is given, but the payload does not know "
        "it (it knows: occupancy_scale). Did you mean 'occupancy_scale'?",
    ),
    "condition out of range": (
        "sensors: [0]",
        "conditions: {occupancy_scale: 9}",
        "9:35: path[2].PXDBackgroundGenerator.conditions.occupancy_scale: 9.0 is out of the range of the payload "
        "(allowed: 0.1 to 4)",
    ),
    "other digest": (
        "sensors: [0]",
        "model_sha256: '0'",
        f"{GENERATOR}: {MODEL}: has the digest 2d50ab70932f67c8f968f09ac21f02f2bc3a38ffcaba53673806b06a0d35a36f, "
        "model_sha256 asks for 0. Use that payload, or change the parameter",
    ),
    "collection missing": (
        "  - module: PXDDigitizer\n",
        "",
        "9:5: path[2].BGOverlayExecutor.digits: collection 'PXDDigits' is not made before this module (made: "
        "PXDSimHits, PXDDigits_beamBG). Did you mean 'PXDSimHits'?",
    ),
    "duplicate output": (
        "  - module: PXDDigitizer\n",
        "  - module: PXDDigitizer\n  - {module: PXDDigitizer, stream: other}\n",
        "7:5: path[2].PXDDigitizer.digits: writes the collection 'PXDDigits', which path[1].PXDDigitizer already "
        "writes. Choose another name",
    ),
    "two modules on one stream": (
        "  - module: PXDDigitizer\n",
        "  - module: PXDDigitizer\n  - {module: PXDDigitizer, digits: Others}\n",
        "7:5: path[2].PXDDigitizer.stream: draws from the random stream 'PXDDigitizer', as path[1].PXDDigitizer "
        "does; their numbers would be the same. Give one of them another stream",
    ),
    "negative count": (
        "count: 2",
        "count: -2",
        "2:50: events.count: -2 is out of range (allowed: 0 to 2147483647)",
    ),
    "more events than hits": (
        "count: 2",
        "count: 500",
        "4:5: path[0].SignalHits: has 200 events, 500 are asked for. Ask for at most 200, or set wrap: true",
    ),
    "events without hits": (
        "first: 1",
        "first: 500",
        "5:12: path[0].SignalHits.files: event 500 has no entry (event N takes entry N, there are 0 to 199). Ask "
        "for other events, or set wrap: true",
    ),
    "two sources of events": (
        "  - module: SignalHits\n    files: [data/signal_simhits.npz]\n  - module: PXDDigitizer\n",
        "  - module: DigitInput\n    files: [digits.npz]\n",
        "2:9: events: path[0].DigitInput numbers the events too. Remove one of them, or write events: {from: input}",
    ),
    "no process": ("seed: 42", "processes: 0", "1:12: processes: 0 is out of range (allowed: 1 to 1024)"),
    "folder of the output missing": (
        "out.npz",
        "no/out.npz",
        "14:11: path[6].DigitOutput.file: no/out.npz: the folder no does not exist. Create it first",
    ),
    "folder of the output closed": (  # also for root, whom permissions do not stop
        "out.npz",
        "/proc/out.npz",
        "14:11: path[6].DigitOutput.file: /proc/out.npz: cannot be written (No such file or directory). Choose "
        "another folder, or ask for the right to write there",
    ),
    "output is a folder": (
        "out.npz",
        "folder.npz",
        "14:11: path[6].DigitOutput.file: folder.npz: is a folder. Give the name of a file",
    ),
    "output of no format": (
        "out.npz",
        '""',
        "14:11: path[6].DigitOutput.file: no format has the ending '' (allowed: .npz, .root)",
    ),
    "output without a name": (
        "PXDClusterizer\n",
        'PXDClusterizer\n  - {module: PXDClusterizer, clusters: ""}\n',
        "13:40: path[6].PXDClusterizer.clusters: is empty. Give the collection a name",
    ),
    "no hits": (
        "[data/signal_simhits.npz]",
        "[]",
        "5:12: path[0].SignalHits.files: no file is given. Name at least one npz file of hits",
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_steering(name: str, refuse_job: Callable[..., list[str]]) -> None:
    old, new, line = JOBS[name]
    assert refuse_job({old: new}) == [f"job.yaml:{line}"]


def test_three_mistakes_are_three_lines(refuse_job: Callable[..., list[str]]) -> None:
    lines = refuse_job({"seed": "sed", "sensors: [0]": "threshold: 300", "out.npz": "out.txt"})
    assert [line.split(": ")[:2] for line in lines] == [
        ["job.yaml:1:1", "sed"],
        ["job.yaml:9:16", "path[2].PXDBackgroundGenerator.threshold"],
        ["job.yaml:14:11", "path[6].DigitOutput.file"],
    ]


PAYLOADS = {
    "missing.pt": "there is no such file. Make one with: pxdbkg export baseline -o FILE",
    "data": "cannot be read (Is a directory). Give the name of a file",
    "cut.pt": "is damaged, its end is missing. Make or copy the file again",
    "flipped.pt": "member 'archive/constants/3' is damaged (Bad CRC-32 for file 'archive/constants/3'). "
    "Make or copy the file again",
    "empty.pt": "the file is empty. Make or copy it again",
    "pickle.pt": "is a pickle, which is never opened, because it can run any code. Check the name",
    "text.pt": "is not a zip archive, so neither an npz nor a payload file. Check the name",
    "state.pt": "is a torch file without 'pxdbkg.json', so not a payload. Make one with: pxdbkg export",
    "newer.pt": "has format version 2, this pxdbkg reads up to 1. Install a newer pxdbkg",
    "kind.pt": "is of kind 'voxels' (allowed: image, clusters). Install a newer pxdbkg, or export a generator "
    "of a known kind",
    "digits.npz": "is a file of digits, not a payload. Read it with BGOverlayInput or DigitInput",
    HITS: "is a zip archive without 'pxdbkg.json', so not a payload. Make one with: pxdbkg export",
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload(name: str, refuse_job: Callable[..., list[str]]) -> None:
    assert refuse_job({MODEL: name}) == [f"job.yaml:{GENERATOR}: {name}: {PAYLOADS[name]}"]


HIT_FILES = {
    "missing.npz": "cannot be read (No such file or directory). Check the name",
    "data": "cannot be read (Is a directory). Give the name of a file",
    "cut_hits.npz": "is damaged, its end is missing. Make or copy the file again",
    "flipped_hits.npz": "member 'edep_MeV.npy' is damaged (Bad CRC-32 for file 'edep_MeV.npy'). Make or copy the file "
    "again",
    "empty.npz": "the file is empty. Make or copy it again",
    "text.npz": "is not a zip archive, so neither an npz nor a payload file. Check the name",
    "digits.npz": "is not a file of hits, the column(s) event, particle, sensor, u_mm, v_mm, du, dv, dw, path_mm, "
    "edep_MeV, time_ns are missing. Give an npz file with one array a column",
}


@pytest.mark.parametrize("name", HIT_FILES)
def test_hits(name: str, refuse_job: Callable[..., list[str]]) -> None:
    line = f"job.yaml:5:12: path[0].SignalHits.files: {name}: {HIT_FILES[name]}"
    assert refuse_job({HITS: name}) == [line]


GIVE = "Give a file that DigitOutput wrote, or a basf2 file with PXDDigits"
DIGIT_FILES = {
    "missing.npz": "cannot be read (No such file or directory). Check the name",
    "cut.npz": "is damaged, its end is missing. Make or copy the file again",
    "empty.npz": f"is empty. {GIVE}",
    "text.npz": f"is neither an npz nor a ROOT file nor a folder of images. {GIVE}",
    "bad.root": "has no TTree 'tree' (it has: nothing). Give a file of DigitOutput or basf2",
    "pictures": "has no folder of a sensor (1.1.1..2.12.2), but nothing. Give the folder that holds them",
    "data/models/default.npz": "holds a generator payload, no digits (expected events/event and NAME/sensor). "
    "Give it to PXDBackgroundGenerator as 'model'",
    HITS: "holds simulated hits, no digits (expected events/event and NAME/sensor). Read it with the module SignalHits",
    "float.npz": "member 'PXDDigits/charge' is float32 (",
    "backwards.npz": "PXDDigits: offsets run backwards at event 1 (",
    "long.npz": "PXDDigits: the last offset is ",
    "outside.npz": "PXDDigits, entry 0 (experiment 0, run 0, event 1): digit 0 has u 250, "
    "outside the detector (0..249)",
}


@pytest.mark.parametrize("name", DIGIT_FILES)
@pytest.mark.parametrize("command", ["run", "display", "inspect"])
def test_digits(
    name: str, command: str, refuse_digits: Callable[[str], list[str]], refuse: Callable[[list[str]], list[str]]
) -> None:
    if command == "run":
        (line,) = refuse_digits(name)
    elif command == "display":
        (line,) = refuse(["display", name, "--event", "1", "-o", "picture.png"])
    elif name == "data/models/default.npz":
        return  # it is a payload, and inspect shows it
    else:
        (line,) = refuse(["inspect", name])
    assert f"{name}: {DIGIT_FILES[name]}" in line
