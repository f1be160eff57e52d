// From electrons in pixels to digits: smearing, noise, pedestal, analogue-to-digital conversion, threshold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"
#include "pxdbkg/philox.hpp"

namespace pxdbkg {

struct Readout {
    double electrons_per_adu;
    double noise;         // electrons
    double pedestal;      // ADU
    double pedestal_rms;  // ADU
    double adc_max;       // ADU, at which the sum of charge and pedestal is clipped; whole
    double threshold;     // ADU; whole
};

// Above it the smearing of the charge is Gaussian, else Poisson; electrons.
constexpr double kGaussianAbove = 1000.0;

// Digits of pixels in ascending order of channels (sensor * 768 + v) * 250 + u, which lie in the detector; electrons
// are 0 to 1e15. `kept` takes the number of the pixel of each digit. Draws: counters of class_byte, the sensor, and
// ordinal = v * 250 + u.
//
// False when a row of counters ran out of blocks.
bool read_out(const std::uint32_t* channel, const double* electrons, std::size_t n, const Readout& readout,
              const Key& key, std::uint32_t class_byte, DigitColumns& digits, Column<std::uint32_t>& kept);

}  // namespace pxdbkg
