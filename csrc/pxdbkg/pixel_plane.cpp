#include "pxdbkg/pixel_plane.hpp"

#include <algorithm>

namespace pxdbkg {

void PixelPlane::add(std::uint32_t pixel, double electrons, std::int32_t particle) {
    if (last_.empty()) last_.resize(kFieldWords * 64);
    const bool first = (filled_[pixel / 64] >> (pixel % 64) & 1) == 0;
    shares_.push_back({electrons, particle, first ? -1 : last_[pixel]});
    last_[pixel] = static_cast<std::int32_t>(shares_.size()) - 1;
    add(pixel, electrons);
}

// The particle with most charge in a pixel; of equal ones the one that came first.
std::int32_t PixelPlane::strongest(std::uint32_t pixel) {
    const Share* share = &shares_[last_[pixel]];
    if (share->before < 0) return share->particle;
    of_pixel_.clear();
    for (;; share = &shares_[share->before]) {
        of_pixel_.push_back(*share);
        of_pixel_.back().before = static_cast<std::int32_t>(share - shares_.data());  // from here on its own number
        if (share->before < 0) break;
    }
    std::sort(of_pixel_.begin(), of_pixel_.end(), [](const Share& a, const Share& b) {
        return a.particle != b.particle ? a.particle < b.particle : a.before < b.before;
    });
    double most = -1.0;
    std::int32_t particle = -1, number = 0;
    for (std::size_t i = 0; i < of_pixel_.size();) {
        const Share& first = of_pixel_[i];
        double sum = 0.0;
        for (; i < of_pixel_.size() && of_pixel_[i].particle == first.particle; ++i) sum += of_pixel_[i].electrons;
        if (sum > most || (sum == most && first.before < number)) {
            most = sum;
            particle = first.particle;
            number = first.before;
        }
    }
    return particle;
}

void PixelPlane::read(std::uint32_t sensor, bool particles, PixelCharges& out) {
    pixels_.resize(kFieldWords * 64 + kPositionSlack);
    const std::size_t size = bit_positions(filled_.data(), kFieldWords, pixels_.data());
    std::fill(filled_.begin(), filled_.end(), 0);
    const std::size_t start = out.channel.size();
    out.channel.resize(start + size);
    out.electrons.resize(start + size);
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint32_t pixel = pixels_[i];
        out.channel[start + i] = (sensor * kRows + pixel / kBitStride) * kColumns + pixel % kBitStride;
        out.electrons[start + i] = electrons_[pixel];
    }
    if (!particles) return;
    out.particle.resize(start + size);
    for (std::size_t i = 0; i < size; ++i) out.particle[start + i] = strongest(pixels_[i]);
    shares_.clear();
}

}  // namespace pxdbkg
