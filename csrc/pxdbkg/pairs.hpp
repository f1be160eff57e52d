// Counts of pairs of clusters that are close to each other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

// Borders of `bins` bins, ascending; a value belongs to the bin whose lower border it reaches.
struct Borders {
    const double* at;
    std::size_t bins;
};

// Points on sensors; positions in the frame of the sensor.
struct PointsView {
    const std::uint8_t* sensor;
    const float* u_mm;
    const float* v_mm;
    std::size_t size;
};

// Count the pairs of points of the same sensor by distance: counts (40, bins), each pair once, set to zero first.
// Throws Fault for a sensor outside 0..39, a position that is no finite number, borders that do not rise from >= 0.
void pair_distances(const PointsView& points, const Borders& distance_mm, std::int64_t* counts);

// Points with two coordinates; a may be periodic.
struct PlaneView {
    const double* a;
    const double* b;
    std::size_t size;
};

// Count pairs of a point of each list by the differences (second minus first) of both coordinates: counts
// (a bins, b bins), set to zero first. A difference in a is taken modulo the period; an infinite period means none.
// Throws Fault for a coordinate beyond 1e9, borders that do not rise, a range of a beyond the period.
void coincidences(const PlaneView& first, const PlaneView& second, const Borders& a, const Borders& b, double period,
                  std::int64_t* counts);

}  // namespace pxdbkg
