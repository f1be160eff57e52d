// The logarithmic charge code of image networks, decoded by table: the charge is the largest k with edge[k] <= x.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pxdbkg {

constexpr std::size_t kCodes = 256;

class LogDecoder {
  public:
    // `edges`: 256 values, strictly ascending, the first one -1, the last one below 1.01.
    explicit LogDecoder(const float* edges);

    float edge(std::size_t k) const { return edges_[k]; }

    // 0 below edge[0], 255 from edge[255] on. x is not NaN.
    std::uint32_t decode(float x) const {
        if (x < edges_[0]) {
            return 0;
        }
        // The bin of x is a monotone function of x, so every edge of a lower bin is passed and none of a higher bin;
        // bins are narrower than the steps of the table, so about one comparison is left.
        std::uint32_t k = x >= edges_[kCodes - 1] ? kCodes - 1 : passed_[bin(x)];
        while (k < kCodes - 1 && edges_[k + 1] <= x) {
            ++k;
        }
        return k;
    }

  private:
    static constexpr std::size_t kBins = 4200;  // 2048 a unit, from -1 to a little above 1
    static std::size_t bin(float x) { return static_cast<std::size_t>((x + 1.0F) * 2048.0F); }

    std::array<float, kCodes> edges_;
    std::array<std::uint8_t, kBins> passed_;  // a charge that every x of the bin reaches
};

}  // namespace pxdbkg
