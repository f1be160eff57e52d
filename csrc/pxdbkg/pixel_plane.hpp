// The charges of the pixels of one sensor, added up in the order given and read in the order of digits.
#pragma once

#include <cstdint>

#include "pxdbkg/bit_fields.hpp"
#include "pxdbkg/digits.hpp"

namespace pxdbkg {

// Pixels in ascending order, one entry each.
struct PixelCharges {
    Column<std::uint32_t> channel;  // (sensor * 768 + v) * 250 + u
    Column<double> electrons;
    Column<std::int32_t> particle;  // with most charge in the pixel; empty unless asked for
};

// The plane is never cleared: a bit says whether a pixel holds a charge of this sensor, and reading clears the bits.
// Pixel (u, v) has the number v * kBitStride + u.
class PixelPlane {
  public:
    PixelPlane() : electrons_(kFieldWords * 64), filled_(kFieldWords, 0) {}

    void add(std::uint32_t pixel, double electrons) {
        const std::uint64_t bit = std::uint64_t{1} << (pixel % 64);
        std::uint64_t& word = filled_[pixel / 64];
        electrons_[pixel] = (word & bit) != 0 ? electrons_[pixel] + electrons : electrons;
        word |= bit;
    }

    // The same, and keep whose charge it is.
    void add(std::uint32_t pixel, double electrons, std::int32_t particle);

    // Append the pixels to `out`, by v and u, and forget all; with the particles when they were given.
    void read(std::uint32_t sensor, bool particles, PixelCharges& out);

  private:
    struct Share {
        double electrons;
        std::int32_t particle;
        std::int32_t before;  // the share of the same pixel that came before, -1 for none
    };

    std::int32_t strongest(std::uint32_t pixel);

    Column<double> electrons_;
    Column<std::uint64_t> filled_;
    Column<std::uint32_t> pixels_;
    Column<Share> shares_;
    Column<std::int32_t> last_;  // share of each pixel that holds a charge
    Column<Share> of_pixel_;
};

}  // namespace pxdbkg
