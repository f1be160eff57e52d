// What the pixels of a cluster look like beyond their sums: pattern, widths, spread of charge.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

constexpr std::uint8_t kShapeClasses = 22;

// One row a cluster; every column has room for `count` values. Lengths are in pixels.
struct ShapeColumns {
    std::uint8_t* shape_class;     // 0..21, pattern of the pixels
    std::uint16_t* min_charge;     // of the lowest pixel, ADU
    std::uint16_t* second_charge;  // of the second highest pixel, ADU; 0 for one pixel
    float* charge_rms_adu;         // of the charges about their mean
    float* u_rms;                  // of the positions about their mean, both weighted with charge
    float* v_rms;
    float* uv_correlation;    // of the positions, weighted with charge; 0 where one of them does not vary
    float* end_charge_share;  // of the first and last row (column, where the cluster has more columns than rows)
    float* seed_offset;       // from the mean position to the highest pixel
    std::size_t count;
};

// Describe the cluster of each label 0..count-1. Throws Fault for a label out of range and a cluster without a digit.
// Without charge all pixels weigh the same.
void cluster_shapes(const DigitsView& digits, const std::int32_t* labels, const ShapeColumns& shapes);

}  // namespace pxdbkg
