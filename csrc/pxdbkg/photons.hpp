// X-ray photons in the silicon of the sensors: straight lines that end where the photon is absorbed.
#pragma once

#include "pxdbkg/planes.hpp"

namespace pxdbkg {

// Attenuation length of silicon for photoelectric absorption, mm, of photons of an energy above 0, keV.
double photoelectric_length(double energy_kev);

struct Absorption {
    const SensorBox* sensor;  // null: the photon leaves
    const Ladder* ladder;
    double length;  // path to the point, mm
};

// Where a photon is absorbed when its path in silicon is `depth` long, mm.
Absorption absorb(const Vec3& at, const Vec3& to, double depth, const Planes& planes, double z_max);

}  // namespace pxdbkg
