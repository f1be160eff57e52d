// Connected groups of pixels, and their properties.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

// Label the 8-neighbour components of sorted digits from 0, in the order of their first digit; return their number.
std::size_t label_clusters(const DigitsView& digits, std::int32_t* labels);

// One row a cluster; every column has room for `count` values.
struct ClusterColumns {
    std::uint8_t* sensor;
    float* u_mm;  // mean position, weighted with charge
    float* v_mm;
    std::uint32_t* charge;       // sum, ADU
    std::uint16_t* seed_charge;  // of the highest pixel, ADU
    std::uint32_t* size;         // pixels
    std::uint16_t* u_size;       // columns from the first to the last
    std::uint16_t* v_size;       // rows from the first to the last
    std::uint16_t* u_start;
    std::uint16_t* v_start;
    std::size_t count;
};

// Centres of the pixels: u of 250 columns, v of 40 x 768 rows.
struct PixelCentres {
    const double* u_mm;
    const double* v_mm;
};

// Sum up the digits of each label 0..count-1. Throws Fault for digits outside the detector, a label out of range, a
// cluster without a digit or on two sensors, and a charge above 32 bits. Without charge all pixels weigh the same.
void cluster_properties(const DigitsView& digits, const std::int32_t* labels, const PixelCentres& centres,
                        const ClusterColumns& clusters);

}  // namespace pxdbkg
