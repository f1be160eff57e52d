from pxdbkg.errors import (
    ArrayTypeError,
    BadInput,
    ConfigError,
    DigitError,
    MissingExtra,
    ModuleError,
    PxdbkgError,
    StoreError,
    did_you_mean,
)


def test_bad_input_ends_with_status_2_and_other_errors_with_1() -> None:
    for kind in (ConfigError, DigitError, ArrayTypeError):
        assert kind.exit_status == 2
        assert issubclass(kind, BadInput)
    assert PxdbkgError.exit_status == 1
    assert StoreError.exit_status == 1
    assert ModuleError("x").exit_status == 1
    assert ModuleError("x", exit_status=2).exit_status == 2


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(ArrayTypeError, TypeError)
    assert issubclass(DigitError, ValueError)
    assert issubclass(StoreError, KeyError)


def test_messages_stay_one_line_each() -> None:
    assert str(StoreError("no collection 'a'")) == "no collection 'a'"
    assert str(ConfigError(["one", "two"])) == "one\ntwo"
    assert ConfigError("one").problems == ("one",)
    assert str(MissingExtra("ROOT files", "uproot", "root")).endswith("pip install 'pxdbkg[root]'")


def test_suggestions_only_for_near_words() -> None:
    assert did_you_mean("PXDDigitzer", ["PXDDigitizer", "Progress"]) == " Did you mean 'PXDDigitizer'?"
    assert did_you_mean("xyz", ["PXDDigitizer"]) == ""
