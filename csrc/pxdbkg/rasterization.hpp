// Draw clusters, given pixel by pixel, onto the sensors and read off the digits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/digits.hpp"

namespace pxdbkg {

// Clusters as a network makes them: the origin of each, and one after the other the pixels of all, as steps from the
// origin. Nothing about the values is assumed.
struct ClusterPixels {
    const std::uint8_t* sensor;  // (rows,)
    const std::int64_t* u;
    const std::int64_t* v;
    const std::int64_t* n_pixels;
    std::size_t rows;
    const std::int16_t* du;  // (pixels,)
    const std::int16_t* dv;
    const float* adu;
    std::size_t pixels;
};

struct RasterCounts {
    std::size_t pixels = 0;   // given
    std::size_t outside = 0;  // dropped: outside the sensor
    std::size_t clipped = 0;  // digits above 255 ADU
};

// Sum the charges of every pixel in float, in the order given, round down, clip at 255 and keep those of at least
// `threshold` (1..255). Throws Fault, naming the row, for an unknown sensor, pixel counts that are negative or do not
// add up, and a charge that is NaN or minus infinity.
RasterCounts rasterize(const ClusterPixels& clusters, std::uint8_t threshold, DigitColumns& out);

}  // namespace pxdbkg
