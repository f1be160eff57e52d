#include "pxdbkg/photons.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "pxdbkg/math.hpp"

namespace pxdbkg {

namespace {

// keV, cm2/g: mass energy-absorption coefficient of silicon, J. H. Hubbell and S. M. Seltzer, NISTIR 5632 (table 3,
// Z = 14). Up to 30 keV it is the photoelectric effect less 1 % of fluorescence; above, the last slope goes on, since
// the table then contains Compton scattering.
constexpr std::size_t kRows = 14;
constexpr double kAbsorption[kRows][2] = {
    {1.0, 1567.0}, {1.5, 533.1}, {1.8389, 307.0}, {1.8389, 3059.0}, {2.0, 2669.0}, {3.0, 951.6},  {4.0, 442.7},
    {5.0, 240.0},  {6.0, 143.9}, {8.0, 63.13},    {10.0, 32.89},    {15.0, 9.794}, {20.0, 4.076}, {30.0, 1.164}};
constexpr double kDensity = 2.33;  // g/cm3

struct Range {
    double first, last;
};

// Part of a line on which |value + slope s| <= half.
Range within(double value, double slope, double half) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (slope == 0.0) return std::fabs(value) <= half ? Range{-infinity, infinity} : Range{infinity, -infinity};
    const double a = (-half - value) / slope, b = (half - value) / slope;
    return {std::min(a, b), std::max(a, b)};
}

Range both(const Range& a, const Range& b) { return {std::max(a.first, b.first), std::min(a.last, b.last)}; }

struct Piece {
    Range range;
    const SensorBox* sensor;
    const Ladder* ladder;
};

}  // namespace

double photoelectric_length(double energy_kev) {
    std::size_t i = 0;
    while (i + 2 < kRows && kAbsorption[i + 1][0] <= energy_kev) ++i;
    const double* low = kAbsorption[i];
    const double* high = kAbsorption[i + 1];
    const double slope = log_positive(high[1] / low[1]) / log_positive(high[0] / low[0]);
    const double coefficient = low[1] * exp_any(slope * log_positive(energy_kev / low[0]));
    return 10.0 / (kDensity * coefficient);
}

Absorption absorb(const Vec3& at, const Vec3& to, double depth, const Planes& planes, double z_max) {
    std::array<Piece, 40> pieces;
    std::size_t n = 0;
    const Range ahead = both({0.0, std::numeric_limits<double>::infinity()}, within(at.z, to.z, z_max));
    for (const Ladder& ladder : planes.ladders) {
        const double across = ladder.cos * to.x + ladder.sin * to.y, along = ladder.cos * to.y - ladder.sin * to.x;
        Range flat = both(ahead, within(ladder.w(at.x, at.y), across, planes.half_thickness));
        if (flat.first >= flat.last) continue;
        flat = both(flat, within(ladder.u(at.x, at.y), along, planes.half_u));
        for (int i = 0; i < ladder.n_sensors && flat.first < flat.last; ++i) {
            const SensorBox& box = ladder.sensors[i];
            const double middle = 0.5 * (box.z_low + box.z_high), half = 0.5 * (box.z_high - box.z_low);
            const Range range = both(flat, within(at.z - middle, to.z, half));
            if (range.first < range.last) pieces[n++] = {range, &box, &ladder};
        }
    }
    std::sort(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(n),
              [](const Piece& a, const Piece& b) { return a.range.first < b.range.first; });
    for (std::size_t i = 0; i < n; ++i) {
        const double path = pieces[i].range.last - pieces[i].range.first;
        if (depth < path) return {pieces[i].sensor, pieces[i].ladder, pieces[i].range.first + depth};
        depth -= path;
    }
    return {nullptr, nullptr, 0.0};
}

}  // namespace pxdbkg
