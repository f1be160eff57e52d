// Histograms of the digits of an event, all in one pass.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

constexpr std::size_t kCharges = 256;      // the last bin holds larger charges too
constexpr std::size_t kDrainRegions = 4;   // a DCD reads 250 of the 1000 drain lines 4 u + v % 4
constexpr std::size_t kGateRegions = 6;    // of 128 rows
constexpr std::size_t kTileColumns = 2;    // tiles of 125 columns and 128 rows
constexpr std::size_t kNeighbourAxes = 2;  // along u, along v

// Counts by sensor and ...; every array is set to zero first.
struct DigitCounts {
    std::int64_t* charge;  // (40, 256)
    std::int64_t* u;       // (40, 250)
    std::int64_t* v;       // (40, 768)
    std::int64_t* region;  // (40, 4, 6)
    std::int64_t* tile;    // (40, 2, 6)
};

// Throws Fault for a digit outside the detector.
void count_digits(const DigitsView& digits, const DigitCounts& counts);

// Count the pairs of neighbouring digits by the classes of their charges: counts (2, classes, classes) for steps of one
// in u and in v, the digit with the smaller u or v first. `class_of` has 256 entries, the last one for larger charges
// too; classes at or above `classes` are a Fault, as are digits that are not sorted.
void count_neighbours(const DigitsView& digits, const std::uint8_t* class_of, std::size_t classes,
                      std::int64_t* counts);

}  // namespace pxdbkg
