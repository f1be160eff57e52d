// Dense maps of charge to sorted digits: keep the pixels at or above a threshold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"
#include "pxdbkg/log_codec.hpp"

namespace pxdbkg {

// Maps of whole sensors, one after the other; a map is `rows` rows of 768 values (v), of which `first_row` is u = 0.
template <class T>
struct Maps {
    const T* values;
    const std::uint8_t* sensors;  // of each map, strictly ascending, below 40
    std::size_t count;
    std::size_t rows;
    std::size_t first_row;
};

// `threshold` is 1..255.
DigitColumns suppress_adu(const Maps<std::uint8_t>& maps, std::uint8_t threshold);

// Values in the log code. Throws Fault, naming the pixel, at NaN.
DigitColumns suppress_log(const Maps<float>& maps, std::uint8_t threshold, const LogDecoder& decoder);

}  // namespace pxdbkg
