import numpy as np

from pxdbkg.detector import Digits
from pxdbkg.validation.event import clustered
from pxdbkg.validation.tiles import N_TILES, TILE_FEATURES, Tiles, tile_features


def event_of(seed, position=0, n=30_000):
    rng = np.random.default_rng(seed)
    maps = np.zeros((40, 250, 768), np.uint8)
    maps[tuple(rng.integers(0, high, n) for high in (40, 250, 768))] = rng.integers(7, 256, n)
    return clustered(position, (0, 0, position), Digits.from_maps(maps))


def test_tiles_are_cut_out_of_the_sensors():
    tiles = Tiles(30)
    events = [event_of(1), event_of(2, 1)]
    for event in events:
        tiles.add(event)
    assert len(tiles.images) == len(tiles.place) == 60
    assert tiles.event.tolist() == [0] * 30 + [1] * 30
    for image, place, position in zip(tiles.images, tiles.place.tolist(), tiles.event, strict=True):
        sensor, tile = divmod(place, 60)
        u, v = tile // 12 * 50, tile % 12 * 64
        assert np.array_equal(image, events[position].digits.to_maps()[sensor, u : u + 50, v : v + 64])


def test_all_tiles_when_more_are_asked_for():
    tiles = Tiles(5000)
    event = event_of(3)
    tiles.add(event)
    assert len(tiles.images) == N_TILES
    assert int((tiles.images > 0).sum()) == len(event.digits)


def test_features_against_loops():
    tiles = Tiles(8)
    tiles.add(event_of(4, n=200_000))
    features = tile_features(tiles.images, tiles.place)
    assert features.shape == (8, len(TILE_FEATURES))
    for image, row in zip(tiles.images.astype(int), features, strict=True):
        found = dict(zip(TILE_FEATURES, row.tolist(), strict=True))
        assert found["digits"] == (image > 0).sum()
        assert found["charge squared"] == (image**2).sum()
        assert found["largest charge"] == image.max()
        fired = {(u, v): image[u, v] for u, v in np.argwhere(image)}
        for du, dv in ((1, 0), (0, 1), (1, 1), (1, -1), (5, -5), (0, 3)):
            pairs = [(q, fired[u + du, v + dv]) for (u, v), q in fired.items() if (u + du, v + dv) in fired]
            assert found[f"pairs at ({du}, {dv})"] == len(pairs)
            if f"charge products at ({du}, {dv})" in found:
                assert found[f"charge products at ({du}, {dv})"] == sum(q * p for q, p in pairs)
        assert found["digits in piece (1, 2)"] == (image[10:20, 32:48] > 0).sum()
