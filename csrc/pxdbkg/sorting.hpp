// Bring digits into the order that every other kernel needs: by sensor, v and u.
#pragma once

#include <cstddef>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

struct SortCounts {
    std::size_t input = 0;    // digits given
    std::size_t outside = 0;  // dropped: not a pixel of the detector
    std::size_t masked = 0;   // dropped by the mask
    std::size_t merged = 0;   // added to another digit of the same pixel
    std::size_t total = 0;    // digits of the result
};

// Sort by (sensor, v, u), drop masked digits, merge digits of one pixel by adding their charges. Digits outside the
// detector are dropped if `trim`, else Fault. Without `merge` digits of one pixel stay in the order given.
SortCounts sort_digits(const DigitsView& digits, const MaskBits& mask, bool merge, bool trim, DigitColumns& out);

}  // namespace pxdbkg
