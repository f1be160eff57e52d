"""Simulation and fit of tracks by ACTS; the only file that imports it (extra ``acts``).

Everything goes in and comes out as arrays. The chain is ACTS' own: Fatras, Kalman filter from a wide start at the truth
(5 mm, 0.2 rad, half the momentum), then ``TrackExtrapolationAlgorithm``, because the fitter itself leaves out the
material between the first measurement and the place where parameters are wanted, which is the beam pipe.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pxdbkg.errors import MissingExtra
from pxdbkg.validation.track_data import Fits, Measurements, Passages, Pions
from pxdbkg.validation.tracker import FIELD_T, GAP_RADIUS_MM, PIPE_RADIUS_MM, PIPE_X0, planes

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SILICON = [93.7, 465.2, 28.03, 14.0, 2.329e-3 / 28.03]  # X0 and L0 in mm, A, Z, mol/mm^3
BERYLLIUM = [352.8, 421.0, 9.012, 4.0, 1.848e-3 / 9.012]
START_MM, START_RAD, START_PT = 5.0, 0.2, 0.5  # widths of the start of a fit
GAP = 2.0  # mm between the ends of the planes and of their volumes
AT_BEAM = 0  # targets of ``Tracker.fit``: the point nearest to the beam axis, or the cylinder outside layer 1 or 2


def load_acts() -> tuple[Any, Any]:
    """Return the modules acts and acts.examples; MissingExtra when they are not installed."""
    try:
        import acts
        from acts import examples
    except ImportError as error:
        raise MissingExtra("tracks", "pyacts", "acts") from error
    return acts, examples


def _entry(surface: Any, material: list[float], thickness_mm: float) -> dict[str, Any]:
    number = surface.geometryId
    data = {"material": material, "thickness": thickness_mm}
    value = {"material": {"type": "homogeneous", "mappingType": "Default", "mapMaterial": True, "data": [[data]]}}
    return {"volume": number.volume, "layer": number.layer, "sensitive": number.sensitive, "value": value}


def _header(name: str) -> dict[str, Any]:
    return {"acts-geometry-hierarchy-map": {"format-version": 0, "value-identifier": name}}


class Tracker:
    """The planes, beam pipe and field in ACTS.

    Parameters
    ----------
    material : whether beam pipe and planes have any

    Raises MissingExtra when ACTS is not installed.
    """

    def __init__(self, *, material: bool = True) -> None:
        self.acts, self.examples = load_acts()
        acts = self.acts
        self.planes = planes()
        self.surfaces = self._surfaces()
        everywhere = acts.CylinderBounds(PIPE_RADIUS_MM, float(np.max(self.planes.half_v_mm + abs(self.planes.z_mm))))
        pipe = acts.Surface.createCylinder(acts.Transform3.Identity(), everywhere)
        self.geometry = self._geometry(pipe)
        if material:
            self._add_material(pipe)
        self.plane_of = {surface.geometryId.value: number for number, surface in enumerate(self.surfaces)}
        self.field = acts.ConstantBField(acts.Vector3(0.0, 0.0, FIELD_T * acts.UnitConstants.T))
        self.targets = {AT_BEAM: acts.Surface.createPerigee(acts.Vector3(0.0, 0.0, 0.0))}
        for layer, radius in GAP_RADIUS_MM.items():
            bounds = acts.CylinderBounds(radius, 1000.0)
            self.targets[layer] = acts.Surface.createCylinder(acts.Transform3.Identity(), bounds)
        self._fitter = self.examples.makeKalmanFitterFunction(
            self.geometry,
            self.field,
            multipleScattering=True,
            energyLoss=True,
            reverseFilteringMomThreshold=0.0,
            reverseFilteringCovarianceScaling=100.0,
            freeToBoundCorrection=self.examples.FreeToBoundCorrection(False),
            chi2Cut=float("inf"),
            useJosephFormulation=False,
            level=acts.logging.FATAL,
        )

    def _surfaces(self) -> list[Any]:
        acts = self.acts
        centres, along, normals = self.planes.axes(np.arange(len(self.planes)))
        surfaces = []
        for number, (centre, u, w) in enumerate(zip(centres, along, normals, strict=True)):
            axes = acts.RotationMatrix3(acts.Vector3(*u), acts.Vector3(0, 0, 1), acts.Vector3(*w))
            bounds = acts.RectangleBounds(float(self.planes.half_u_mm[number]), float(self.planes.half_v_mm[number]))
            surface = acts.Surface.createPlane(acts.Transform3(acts.Vector3(*centre), axes), bounds)
            surface.assignIsSensitive(True)
            surfaces.append(surface)
        return surfaces

    def _geometry(self, pipe: Any) -> Any:
        acts = self.acts
        half_z = float(np.max(self.planes.half_v_mm + abs(self.planes.z_mm))) + 20 * GAP
        root = acts.Blueprint(envelope=acts.ExtentEnvelope(r=[0, 10.0], z=[20.0, 20.0]))
        with root.withGeometryIdentifier() as numbers:
            numbers.setAllVolumeIdsTo(1)
            numbers.incrementLayerIds(1)
            cylinders = numbers.addCylinderContainer("tracker", direction=acts.AxisDirection.AxisR)
            inside = acts.CylinderVolumeBounds(0.0, PIPE_RADIUS_MM - 0.5, half_z)
            cylinders.addStaticVolume(acts.Transform3.Identity(), inside, name="beam")
            parts = {"pipe": [pipe]}
            for number, surface in enumerate(self.surfaces):
                parts.setdefault(f"layer {self.planes.layer[number]}", []).append(surface)
            for name, part in parts.items():
                layer = cylinders.addLayer(name)
                layer.surfaces = part
                layer.layerType = acts.LayerBlueprintNode.LayerType.Cylinder
                layer.envelope = acts.ExtentEnvelope(r=[0.3, 0.3], z=[GAP, GAP])
        context = acts.GeometryContext.dangerouslyDefaultConstruct()
        return root.construct(options=acts.BlueprintOptions(), gctx=context, level=acts.logging.WARNING)

    def _add_material(self, pipe: Any) -> None:
        """Give pipe and planes their thickness; ACTS takes it from a file only."""
        entries = [_entry(pipe, BERYLLIUM, PIPE_X0 * BERYLLIUM[0])]
        entries += [
            _entry(surface, SILICON, float(x0) * SILICON[0])
            for surface, x0 in zip(self.surfaces, self.planes.x0, strict=True)
        ]
        content = {
            "Volumes": {**_header("Material Volume Map"), "entries": []},
            "Surfaces": {**_header("Material Surface Map"), "entries": entries},
        }
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "material.json"
            path.write_text(json.dumps(content))
            decorator = self.acts.IMaterialDecorator.fromFile(str(path))
        for surface in (pipe, *self.surfaces):
            decorator.decorate(surface)

    def _run(self, n_events: int, steps: list[Any]) -> None:
        # A fit that divides by zero fails by itself; it need not end the run.
        quiet = self.acts.logging.FATAL
        sequencer = self.examples.Sequencer(events=n_events, numThreads=1, logLevel=quiet, trackFpes=False)
        for step in steps:
            sequencer.addAlgorithm(step)
        sequencer.run()

    def simulate(self, particles: Pions, seed: int, on_event: Callable[[], None] | None = None) -> Passages:
        """Return the passages of particles through the planes by Fatras.

        Parameters
        ----------
        particles : rows
        seed : of ACTS' own random numbers
        on_event : is called after each event
        """
        acts, examples = self.acts, self.examples
        config = examples.FatrasSimulation.Config()
        config.inputParticles, config.outputParticles, config.outputSimHits = "particles", "simulated", "hits"
        config.randomNumbers = examples.RandomNumbers(seed=seed)
        config.trackingGeometry, config.magneticField = self.geometry, self.field
        config.pMin = 1.0 * acts.UnitConstants.MeV
        config.emScattering = config.emEnergyLossIonisation = config.emEnergyLossRadiation = True
        config.emPhotonConversion = False
        config.generateHitsOnSensitive = True
        numbers: list[tuple[int, int]] = []
        rows: list[tuple[float, ...]] = []
        first = particles.first()

        def read(event: int, hits: Any) -> None:
            start = int(first[event]) - 1  # Fatras counts from 1
            for hit in hits:
                place, momentum = hit.fourPosition, hit.momentum4Before
                numbers.append((start + hit.particleId.particle, self.plane_of[hit.geometryId.value]))
                rows.append((place[0], place[1], place[2], momentum[0], momentum[1], momentum[2]))
            if on_event is not None:
                on_event()

        everybody = np.ones(len(particles), bool)
        steps = [
            self._particle_source(particles, everybody),
            examples.FatrasSimulation(config, acts.logging.FATAL),
            self._reader(examples.SimHitContainer, "hits", read),
        ]
        self._run(len(first) - 1, steps)
        table = np.array(rows, np.float64).reshape(-1, 6)
        who = np.array(numbers, np.int64).reshape(-1, 2)
        momentum = table[:, 3:] / np.linalg.norm(table[:, 3:], axis=1)[:, None]
        _, once = np.unique(who[:, 0] * len(self.planes) + who[:, 1], return_index=True)
        return Passages(who[once, 0], who[once, 1], table[once, :3], momentum[once])

    def fit(
        self, particles: Pions, measurements: Measurements, target: int, on_event: Callable[[], None] | None = None
    ) -> Fits:
        """Return the tracks that fit measurements, with their parameters on a target.

        Parameters
        ----------
        particles : start of the fits; those without measurements are left out
        measurements : rows in any order
        target : AT_BEAM, or 1 or 2 for the cylinder outside that layer
        on_event : is called after each event

        Fits that fail are left out.
        """
        acts, examples = self.acts, self.examples
        extractor = examples.ParticleTrackParamExtractor.Config()
        extractor.inputParticles, extractor.outputTrackParameters = "particles", "true starts"
        smearing = examples.TrackParameterSmearing.Config()
        smearing.inputTrackParameters, smearing.outputTrackParameters = "true starts", "starts"
        smearing.randomNumbers = examples.RandomNumbers(seed=1)  # of widths of 0
        for name in ("Loc0", "Loc0PtA", "Loc0PtB", "Loc1", "Loc1PtA", "Loc1PtB", "Time", "Phi", "Theta", "PtRel"):
            setattr(smearing, f"sigma{name}", 0.0)
        mm, ns = acts.UnitConstants.mm, acts.UnitConstants.ns
        smearing.initialSigmas = [START_MM * mm, START_MM * mm, START_RAD, START_RAD, 0.0, 1.0 * ns]
        smearing.initialSigmaPtRel, smearing.initialSigmaQoverPt = START_PT, 0.0
        smearing.initialVarInflation = [1.0] * 6
        smearing.particleHypothesis = acts.ParticleHypothesis.pion
        fitting = examples.TrackFittingAlgorithm.Config()
        fitting.inputMeasurements, fitting.inputProtoTracks = "measurements", "proto tracks"
        fitting.inputInitialTrackParameters, fitting.inputClusters, fitting.outputTracks = "starts", "", "fitted"
        fitting.pickTrack, fitting.fit = -1, self._fitter
        fitting.calibrator = examples.makePassThroughCalibrator()
        fitting.referenceSurface = self.targets[AT_BEAM]
        following = examples.TrackExtrapolationAlgorithm.Config()
        following.inputTracks, following.outputTracks = "fitted", "tracks"
        following.trackingGeometry, following.magneticField = self.geometry, self.field
        following.targetSurface = self.targets[target]
        following.strategy = examples.TrackExtrapolationStrategy.first
        order = np.argsort(measurements.particle, kind="stable")
        owner = measurements.particle[order]
        fitted = np.zeros(len(particles), bool)
        fitted[owner] = True
        first = particles.first()
        found: list[tuple[Integers, Floats, Floats]] = []

        def read(event: int, tracks: Any) -> None:
            start, stop = int(first[event]), int(first[event + 1])
            rows = np.nonzero(fitted[start:stop])[0] + start
            parameters = np.array(tracks.parameters).reshape(-1, 6)
            if len(parameters) != len(rows):
                rows = owner[np.searchsorted(owner, start) + self._first_measurements(tracks)]
            found.append((rows, parameters, np.array(tracks.covariance).reshape(-1, 6, 6)))
            if on_event is not None:
                on_event()

        quiet = acts.logging.FATAL
        steps = [
            self._particle_source(particles, fitted),
            self._measurement_source(particles, measurements, order),
            examples.ParticleTrackParamExtractor(extractor, quiet),
            examples.TrackParameterSmearing(smearing, quiet),
            examples.TrackFittingAlgorithm(fitting, quiet),
            examples.TrackExtrapolationAlgorithm(following, quiet),
            self._reader(examples.ConstTrackContainer, "tracks", read),
        ]
        self._run(len(first) - 1, steps)
        rows, parameters, covariance = (np.concatenate(part) for part in zip(*found, strict=True))
        parameters, covariance = parameters[:, :5], covariance[:, :5, :5]
        diagonal = np.diagonal(covariance, axis1=1, axis2=2)
        good = np.all(np.isfinite(parameters), axis=1) & np.all(np.isfinite(diagonal) & (diagonal > 0), axis=1)
        return Fits(rows[good], parameters[good], covariance[good])  # a failed extrapolation leaves zeros

    def _step(self, name: str, body: Callable[[Any], None]) -> Any:
        """Return a step of a sequence that calls a function with the context of each event."""
        success = self.examples.ProcessCode.SUCCESS

        def execute(_: Any, context: Any) -> Any:
            body(context)
            return success

        return type(name, (self.examples.IAlgorithm,), {"execute": execute})(name, self.acts.logging.FATAL)

    def _output(self, step: Any, kind: Any, name: str) -> Any:
        handle = self.examples.WriteDataHandle(step, kind, name)
        handle.initialize(name)
        return handle

    def _reader(self, kind: Any, name: str, take: Callable[[int, Any], None]) -> Any:
        step = self._step(f"Read {name}", lambda context: take(context.eventNumber, handle(context.eventStore)))
        handle = self.examples.ReadDataHandle(step, kind, name)
        handle.initialize(name)
        return step

    def _particle_source(self, particles: Pions, chosen: NDArray[np.bool_]) -> Any:
        """Return the step that writes the chosen particles of an event, numbered from 1 within the event."""
        acts, examples = self.acts, self.examples
        first = particles.first()
        kinds = {1.0: acts.PdgParticle.ePionPlus, -1.0: acts.PdgParticle.ePionMinus}

        def write(context: Any) -> None:
            container = examples.SimParticleContainer()
            start, stop = first[context.eventNumber : context.eventNumber + 2]
            for row in range(start, stop):
                if chosen[row]:
                    barcode = examples.SimBarcode()
                    barcode.vertexPrimary, barcode.particle = 1, int(row - start) + 1
                    particle = examples.SimParticle(barcode, kinds[float(particles.charge[row])])
                    particle.direction = acts.Vector3(*particles.direction[row].tolist())
                    particle.absoluteMomentum = float(particles.momentum_GeV[row]) * acts.UnitConstants.GeV
                    particle.fourPosition = acts.Vector4(*particles.position_mm[row].tolist(), 0.0)
                    container.insert(particle)
            output(context, container)

        step = self._step("Pions", write)
        output = self._output(step, examples.SimParticleContainer, "particles")
        return step

    def _measurement_source(self, particles: Pions, measurements: Measurements, order: Integers) -> Any:
        """Return the step that writes measurements, and for each particle of an event that has any the list of them."""
        examples = self.examples
        owner, plane = measurements.particle[order], measurements.plane[order].tolist()
        place = np.stack([measurements.u_mm, measurements.v_mm], axis=1)[order].tolist()
        variance = np.stack([measurements.var_u, measurements.var_v], axis=1)[order].tolist()
        bounds = np.searchsorted(owner, particles.first())
        ids = [surface.geometryId for surface in self.surfaces]

        def write(context: Any) -> None:
            start, stop = (int(bound) for bound in bounds[context.eventNumber : context.eventNumber + 2])
            container, tracks = examples.MeasurementContainer(), examples.ProtoTrackContainer()
            for row in range(start, stop):
                container.emplaceMeasurement(ids[plane[row]], [0, 1], place[row], variance[row])
            ends = [*(np.nonzero(np.diff(owner[start:stop]))[0] + 1).tolist(), stop - start]
            for low, high in zip([0, *ends], ends, strict=False):
                if high > low:
                    tracks.append(examples.ProtoTrack(range(low, high)))
            outputs[0](context, container)
            outputs[1](context, tracks)

        step = self._step("Measurements", write)
        outputs = (
            self._output(step, examples.MeasurementContainer, "measurements"),
            self._output(step, examples.ProtoTrackContainer, "proto tracks"),
        )
        return step

    def _first_measurements(self, tracks: Any) -> Integers:
        """Return the number in its event of one measurement of each track, which is slow."""
        found = [self._a_measurement(tracks.getTrack(index)) for index in range(len(tracks.parameters))]
        return np.array(found, np.int64)

    def _a_measurement(self, track: Any) -> int:
        state = next(one for one in track.trackStatesReversed if one.hasUncalibratedSourceLink)
        return int(self.examples.IndexSourceLink.fromSourceLink(state.uncalibratedSourceLink).index())
