"""Transport against ACTS Fatras on the same planes: first crossings without material, and scattering angles.

Fatras follows no curlers and no photons; both are held against other references in test_transport.py. Muons take the
part of our electrons, since Fatras scatters electrons by another formula (Rossi and Greisen) than Highland's.
"""

import json

import numpy as np
import pytest

from pxdbkg.detector.geometry import nominal
from pxdbkg.detector.particles import Particles
from pxdbkg.kernels.transport import Transport, transport
from pxdbkg.seeding import event_key

acts = pytest.importorskip("acts", reason="needs pyacts: pip install 'pxdbkg[acts]'")
examples = pytest.importorskip("acts.examples")

KEY = event_key("1", "transport", 0, 0, 1)
GEOMETRY = nominal()
RADIATION_LENGTH_MM = 93.7  # silicon


def unit(vector):
    return vector / np.linalg.norm(vector)


class Guns(examples.IAlgorithm):
    """Writes muons of given momenta from the origin, all in one event."""

    def __init__(self, momentum_mev, charge):
        super().__init__("Guns", acts.logging.WARNING)
        self.momentum, self.charge = momentum_mev, charge
        self.out = examples.WriteDataHandle(self, examples.SimParticleContainer, "OutputParticles")
        self.out.initialize("particles")

    def execute(self, context):
        container = examples.SimParticleContainer()
        for i, (p, charge) in enumerate(zip(self.momentum, self.charge, strict=True)):
            pdg = acts.PdgParticle.eAntiMuon if charge > 0 else acts.PdgParticle.eMuon
            barcode = examples.SimBarcode()
            barcode.vertexPrimary, barcode.particle = 1, i + 1
            particle = examples.SimParticle(barcode, pdg)
            size = float(np.linalg.norm(p))
            particle.direction = acts.Vector3(*(p / size))
            particle.absoluteMomentum = size * acts.UnitConstants.MeV
            particle.fourPosition = acts.Vector4(0.0, 0.0, 0.0, 0.0)
            container.insert(particle)
        self.out(context, container)
        return examples.ProcessCode.SUCCESS


class Hits(examples.IAlgorithm):
    """Reads the hits: rows of particle, surface, position, directions before and after."""

    def __init__(self):
        super().__init__("Hits", acts.logging.WARNING)
        self.rows, self.surfaces = [], []
        self.hits = examples.ReadDataHandle(self, examples.SimHitContainer, "InputHits")
        self.hits.initialize("hits")

    def execute(self, context):
        for hit in self.hits(context.eventStore):
            before, after = (np.array([m[0], m[1], m[2]]) for m in (hit.momentum4Before, hit.momentum4After))
            place = hit.fourPosition
            place = (place[0], place[1], place[2])
            self.surfaces.append(hit.geometryId.value)
            self.rows.append((hit.particleId.particle - 1, *place, *unit(before), *unit(after)))
        return examples.ProcessCode.SUCCESS


def tracking_geometry():
    """Both layers of the detector as sensitive planes between cylinders; returns it and its 40 surfaces."""
    surfaces = []
    for sensor in range(40):
        cos, sin = np.cos(GEOMETRY.phi_rad[sensor]), np.sin(GEOMETRY.phi_rad[sensor])
        axes = acts.RotationMatrix3(acts.Vector3(-sin, cos, 0), acts.Vector3(0, 0, 1), acts.Vector3(cos, sin, 0))
        centre = acts.Vector3(*GEOMETRY.to_global(sensor, 0.0, 0.0)[0])
        edges = GEOMETRY.v_edges_mm(sensor)
        bounds = acts.RectangleBounds(6.25, float(edges[-1]))
        surface = acts.Surface.createPlane(acts.Transform3(centre, axes), bounds)
        surface.assignIsSensitive(True)
        surfaces.append(surface)
    root = acts.Blueprint(envelope=acts.ExtentEnvelope(r=[0, 10.0], z=[20.0, 20.0]))
    with root.withGeometryIdentifier() as numbers:
        numbers.setAllVolumeIdsTo(1)
        numbers.incrementLayerIds(1)
        cylinders = numbers.addCylinderContainer("VXD", direction=acts.AxisDirection.AxisR)
        cylinders.addStaticVolume(acts.Transform3.Identity(), acts.CylinderVolumeBounds(0.0, 10.5, 100.0), name="beam")
        for name, part in (("PXD1", surfaces[:16]), ("PXD2", surfaces[16:])):
            layer = cylinders.addLayer(name)
            layer.surfaces = part
            layer.layerType = acts.LayerBlueprintNode.LayerType.Cylinder
            layer.envelope = acts.ExtentEnvelope(r=[0.3, 0.3], z=[2.0, 2.0])
    context = acts.GeometryContext.dangerouslyDefaultConstruct()
    return root.construct(options=acts.BlueprintOptions(), gctx=context, level=acts.logging.WARNING), surfaces


def add_silicon(path, surfaces, thickness_mm):
    """Give each surface silicon of a thickness, by way of a material map in a file."""
    silicon = [RADIATION_LENGTH_MM, 465.2, 28.03, 14.0, 2.329e-3 / 28.03]
    entries = [
        {
            "volume": s.geometryId.volume,
            "layer": s.geometryId.layer,
            "sensitive": s.geometryId.sensitive,
            "value": {
                "material": {
                    "type": "homogeneous",
                    "mappingType": "Default",
                    "mapMaterial": True,
                    "data": [[{"material": silicon, "thickness": thickness_mm}]],
                }
            },
        }
        for s in surfaces
    ]

    def header(name):
        return {"acts-geometry-hierarchy-map": {"format-version": 0, "value-identifier": name}}

    content = {
        "Volumes": {**header("Material Volume Map"), "entries": []},
        "Surfaces": {**header("Material Surface Map"), "entries": entries},
    }
    path.write_text(json.dumps(content))
    decorator = acts.IMaterialDecorator.fromFile(str(path))
    for surface in surfaces:
        decorator.decorate(surface)


def fatras(momentum_mev, charge, geometry, surfaces, field_t, *, scattering=False):
    """Return columns: particle, sensor, position (n, 3), direction before (n, 3) and after (n, 3)."""
    hits = Hits()
    config = examples.FatrasSimulation.Config()
    config.inputParticles, config.outputParticles, config.outputSimHits = "particles", "simulated", "hits"
    config.randomNumbers = examples.RandomNumbers(seed=1)
    config.trackingGeometry = geometry
    config.magneticField = acts.ConstantBField(acts.Vector3(0, 0, field_t * acts.UnitConstants.T))
    config.pMin = 1.0 * acts.UnitConstants.MeV
    config.emScattering = scattering
    config.emEnergyLossIonisation = config.emEnergyLossRadiation = config.emPhotonConversion = False
    config.generateHitsOnSensitive = True
    sequencer = examples.Sequencer(events=1, numThreads=1, logLevel=acts.logging.WARNING)
    sequencer.addAlgorithm(Guns(momentum_mev, charge))
    sequencer.addAlgorithm(examples.FatrasSimulation(config, acts.logging.WARNING))
    sequencer.addAlgorithm(hits)
    sequencer.run()
    table = np.array(hits.rows)
    sensor_of = {surface.geometryId.value: i for i, surface in enumerate(surfaces)}
    sensor = np.array([sensor_of[number] for number in hits.surfaces])
    return table[:, 0].astype(int), sensor, table[:, 1:4], table[:, 4:7], table[:, 7:10]


def muons(rng, n, pt):
    phi, cos = rng.uniform(-np.pi, np.pi, n), rng.uniform(-0.8, 0.9, n)
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * cos / np.sqrt(1 - cos**2)], axis=1)
    return momentum, rng.choice([-1, 1], n)


def ours(momentum_mev, charge, settings):
    n = len(charge)
    number, zero = np.arange(n, dtype="u4"), np.zeros(n)
    columns = np.ascontiguousarray(momentum_mev.T)
    given = Particles(zero, zero, zero, *columns, charge.astype("i1"), zero, np.zeros(n, "u1"), number)
    return transport(given, KEY, GEOMETRY, settings)


def first_of(particle, distance):
    """Indices of the nearest hit of each particle that has one."""
    order = np.lexsort((distance, particle))
    return order[np.unique(particle[order], return_index=True)[1]]


@pytest.mark.slow
@pytest.mark.parametrize(("low", "high"), [(50.0, 300.0), (300.0, 5000.0)])
def test_first_crossings_without_material(rng, low, high):
    momentum, charge = muons(rng, 2000, rng.uniform(low, high, 2000))
    geometry, surfaces = tracking_geometry()
    particle, sensor, place, _, _ = fatras(momentum, charge, geometry, surfaces, 1.5)
    hits = ours(momentum, charge, Transport(scattering=False, energy_loss=False))
    mine = GEOMETRY.to_global(hits.sensor, hits.u_mm.astype(float), hits.v_mm.astype(float))
    a = first_of(particle, np.linalg.norm(place, axis=1))
    b = first_of(hits.particle, np.linalg.norm(mine, axis=1))
    common, in_a, in_b = np.intersect1d(particle[a], hits.particle[b], assume_unique=True, return_indices=True)
    a, b = a[in_a], b[in_b]
    assert (
        len(common) >= 0.998 * max(len(np.unique(particle)), len(np.unique(hits.particle))) > 1900
    )  # Fatras loses a few
    same = sensor[a] == hits.sensor[b]
    assert same.mean() > 0.998
    a, b = a[same], b[same]
    # At the edge of the active area the middle of our passage is not on the middle plane.
    whole = np.abs(hits.path_mm * np.abs(hits.dw) - 0.075)[b] < 1e-5
    assert whole.mean() > 0.98
    assert np.linalg.norm(place[a] - mine[b], axis=1)[whole].max() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("momentum_mev", [1000.0, 5000.0])
def test_scattering_angles(rng, tmp_path, momentum_mev):
    """Root mean square of the angle in the first layer, 0.2 % of a radiation length at right angles, to 5 %."""
    momentum, charge = muons(rng, 4000, 1.0)
    momentum *= momentum_mev / np.linalg.norm(momentum, axis=1)[:, None]
    geometry, surfaces = tracking_geometry()
    add_silicon(tmp_path / "material.json", surfaces, 0.002 * RADIATION_LENGTH_MM)
    particle, sensor, _, before, after = fatras(momentum, charge, geometry, surfaces, 0.0, scattering=True)
    first = sensor < 16
    once = first & (np.bincount(particle[first], minlength=4000)[particle] == 1)
    theirs = np.sum((after - before)[once] ** 2, axis=1)

    settings = Transport(field_T=0.0, beam_pipe_x0=0.0, silicon_x0=0.002, support_x0=0.0, energy_loss=False)
    hits = ours(momentum, charge, settings)
    crossings = np.stack(
        [np.bincount(hits.particle[layer], minlength=4000) for layer in (hits.sensor < 16, hits.sensor > 15)]
    )
    good = (hits.sensor > 15) & np.all(crossings == 1, axis=0)[hits.particle]
    phi = GEOMETRY.phi_rad[hits.sensor[good]]
    du, dv, dw = (hits[name][good].astype(float) for name in ("du", "dv", "dw"))
    later = np.stack([dw * np.cos(phi) - du * np.sin(phi), dw * np.sin(phi) + du * np.cos(phi), dv], axis=1)
    mine = np.sum((later - (momentum / momentum_mev)[hits.particle[good]]) ** 2, axis=1)
    assert len(mine) > 3000
    assert len(theirs) > 3000
    assert np.sqrt(mine.mean() / theirs.mean()) == pytest.approx(1.0, abs=0.05)
