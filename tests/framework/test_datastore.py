import pytest

from pxdbkg.errors import StoreError
from pxdbkg.framework import DataStore


def test_collections_are_write_once() -> None:
    store = DataStore(current="First")
    store.put("PXDDigits", 1)
    store.current = "Second"
    with pytest.raises(StoreError, match=r"PXDDigits: already written by First .*replace=True"):
        store.put("PXDDigits", 2)
    assert store.get("PXDDigits", int) == 1
    store.put("PXDDigits", 3, replace=True)
    assert store.get("PXDDigits") == 3


def test_replace_needs_something_to_replace() -> None:
    store = DataStore()
    store.put("PXDDigits", 1)
    with pytest.raises(StoreError, match=r"PXDDigit: nothing to replace \(present: PXDDigits\). Did you mean"):
        store.put("PXDDigit", 2, replace=True)


def test_event_collections_vanish_and_persistent_values_stay() -> None:
    store = DataStore()
    store.put("geometry", "nominal", persistent=True)
    store.put("PXDDigits", 1)
    assert store.names() == ["PXDDigits", "geometry"]
    store.clear()
    assert store.names() == ["geometry"]
    assert store.has("geometry")
    assert not store.has("PXDDigits")


@pytest.mark.parametrize("persistent", [False, True])
def test_a_name_is_event_or_persistent_but_not_both(persistent: bool) -> None:
    store = DataStore(current="First")
    store.put("x", 1, persistent=persistent)
    with pytest.raises(StoreError, match=r"x: exists as .* collection of First and cannot be both"):
        store.put("x", 2, persistent=not persistent)


def test_missing_collection_names_similar_ones() -> None:
    store = DataStore()
    store.put("PXDDigits_beamBG", 1)
    with pytest.raises(StoreError, match=r"PXDDigits_beamBQ: not in .*\(present: PXDDigits_beamBG\). Did you mean"):
        store.get("PXDDigits_beamBQ")


def test_wrong_type_names_both() -> None:
    store = DataStore(current="Writer")
    store.put("x", 1)
    store.current = "Reader"
    with pytest.raises(StoreError, match="x: holds int, written by Writer; Reader needs list"):
        store.get("x", list)


def test_undeclared_collections_cannot_be_seen() -> None:
    store = DataStore(current="Reader", declared=frozenset({"a"}))
    store.put("b", 1)
    store.put("settings", 1, persistent=True)
    assert not store.has("a")
    assert store.get("settings") == 1
    for look in (store.get, store.has):
        with pytest.raises(StoreError, match=r"b: Reader does not declare .*\(declared: a\)"):
            look("b")


def test_event_collections_travel_with_their_writers() -> None:
    store, other = DataStore(current="Writer"), DataStore()
    store.put("a", 1)
    store.put("b", 2)
    other.restore(store.dump(frozenset({"a"})))
    assert other.names() == ["a"]
    with pytest.raises(StoreError, match="already written by Writer"):
        other.put("a", 1)
    other.restore(store.dump(None))
    assert other.names() == ["a", "b"]
