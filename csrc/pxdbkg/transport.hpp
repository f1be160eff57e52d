// Background particles through the pixel detector: crossings of sensors, energy loss, scattering, absorption of
// photons.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pxdbkg/passage.hpp"
#include "pxdbkg/philox.hpp"
#include "pxdbkg/planes.hpp"

namespace pxdbkg {

struct TransportSettings {
    double field_t;
    double pipe_radius, pipe_x0, pipe_loss_mev;
    double silicon_x0, support_x0, support_loss_mev;
    double r_max, z_max;
    double min_kinetic_mev;
    double piece;     // mm: longer passages are several hits; 0: never
    double stopping;  // MeV: an electron in the silicon with less stops where it is
    double knock_on;  // keV: collisions above are hits of their own; 0: none
    double max_path;  // mm, of one passage
    std::uint32_t max_crossings;
    bool scattering, energy_loss;
};

// One array a column; mm, MeV, ns.
struct ParticleColumns {
    std::size_t n;
    const double *x, *y, *z, *px, *py, *pz;
    const std::int8_t* charge;
    const double* time;
    const std::uint8_t* source;
    const std::uint32_t* number;
};

// Blocks of four words of one crossing: six of the energy loss, one of normal numbers, one spare.
constexpr std::uint32_t kCrossingBlocks = 8;

// Hits in the order of the particles, of one particle in that of its crossings. Draws: counters of class 8 * source +
// 4, sensor 0, ordinal = number; crossing k has the blocks k * kCrossingBlocks and following. The second and later
// pieces of a passage take theirs from class 8 * source + 5, crossing k the blocks k * kMostPieces * kLossBlocks.
std::vector<Hit> transport(const ParticleColumns& particles, const Planes& planes, const TransportSettings& settings,
                           const Key& key);

// Path, mm, from depth w through a slab |w| <= half_thickness to where w leaves it, w(s) = w + slope s + bend s^2 / 2;
// infinite for a track that stays within.
double path_to_surface(double w, double slope, double bend, double half_thickness);

}  // namespace pxdbkg
