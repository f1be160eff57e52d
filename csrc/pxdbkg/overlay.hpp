// Merge background digits into signal digits: charges of one pixel add, as in basf2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

struct OverlayCounts {
    std::size_t signal = 0;      // signal digits
    std::size_t background = 0;  // background digits, with the masked ones
    std::size_t masked = 0;      // background digits that the mask dropped
    std::size_t shared = 0;      // pixels with signal and background
    std::size_t clipped = 0;     // digits above max_charge
    std::size_t total = 0;       // digits of the result
};

// Both inputs and the result are sorted and hold a pixel once. The mask acts on the background. Throws Fault for
// unsorted input, and for a sum above 65535 unless max_charge clips it.
OverlayCounts overlay(const DigitsView& signal, const DigitsView& background, const MaskBits& mask,
                      std::optional<std::uint16_t> max_charge, DigitColumns& out);

}  // namespace pxdbkg
