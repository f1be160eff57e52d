#include "pxdbkg/zero_suppression.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "pxdbkg/bit_fields.hpp"
#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

constexpr std::size_t kMapWords = kMapSize / 64;
static_assert(kMapSize % 256 == 0);

// The hits of one sensor. Maps lie row by row in u, and digits are sorted by v first: a counting sort over the 768
// values of v turns one order into the other, and stays in the first-level cache.
class SensorHits {
  public:
    SensorHits() : bits_(kMapWords), pixels_(kMapSize + kPositionSlack) {}

    // `mark(words)` sets the bits of the pixels that pass, pixel u * 768 + v.
    template <class Mark>
    void find(Mark mark) {
        mark(bits_.data());
        size_ = bit_positions(bits_.data(), kMapWords, pixels_.data());
    }

    // Append the hits to `out` in the order of digits; `charge(pixel, channel)` gives the charge of a hit.
    template <class Charge>
    void emit(std::uint8_t sensor, Charge charge, DigitColumns& out) {
        std::array<std::uint32_t, kRows> place{};
        for (std::size_t i = 0; i < size_; ++i) {
            ++place[pixels_[i] % kRows];
        }
        std::uint32_t next = 0;
        for (std::uint32_t& entry : place) {
            const std::uint32_t count = entry;
            entry = next;
            next += count;
        }
        // One scattered store a hit; the columns are then filled in order, in a loop that vectorises.
        sorted_.resize(size_);
        std::uint32_t* const sorted = sorted_.data();
        for (std::size_t i = 0; i < size_; ++i) {
            const std::uint32_t pixel = pixels_[i];
            const std::uint32_t u = pixel / kRows;
            const std::uint32_t v = pixel % kRows;
            sorted[place[v]++] = v << 16 | u << 8 | charge(pixel, make_channel(sensor, u, v));
        }
        const std::size_t start = out.size();
        out.resize(start + size_);
        std::uint16_t* const __restrict u_out = out.u() + start;
        std::uint16_t* const __restrict v_out = out.v() + start;
        std::uint16_t* const __restrict charge_out = out.charge() + start;
        for (std::size_t i = 0; i < size_; ++i) {
            u_out[i] = static_cast<std::uint16_t>(sorted[i] >> 8 & 0xff);
            v_out[i] = static_cast<std::uint16_t>(sorted[i] >> 16);
            charge_out[i] = static_cast<std::uint16_t>(sorted[i] & 0xff);
        }
        std::fill_n(out.sensor() + start, size_, sensor);
    }

  private:
    Column<std::uint64_t> bits_;
    Column<std::uint32_t> pixels_;
    Column<std::uint32_t> sorted_;  // v, u and charge in one word
    std::size_t size_ = 0;
};

// For every map, `mark(map, words)` finds the hits and `charge(value, channel)` decodes one.
template <class T, class Mark, class Charge>
DigitColumns suppress(const Maps<T>& maps, Mark mark, Charge charge) {
    DigitColumns out;
    out.reserve(maps.count * (kMapSize / 64));  // 1.6 %, above the usual occupancy
    SensorHits hits;
    for (std::size_t m = 0; m < maps.count; ++m) {
        const T* map = maps.values + (m * maps.rows + maps.first_row) * kRows;
        hits.find([&](std::uint64_t* words) { mark(map, words); });
        hits.emit(
            maps.sensors[m], [&](std::uint32_t pixel, Channel channel) { return charge(map[pixel], channel); }, out);
    }
    return out;
}

}  // namespace

DigitColumns suppress_adu(const Maps<std::uint8_t>& maps, std::uint8_t threshold) {
    return suppress(
        maps, [=](const std::uint8_t* map, std::uint64_t* words) { mark_adu(map, kMapWords, threshold, words); },
        [](std::uint8_t value, Channel) -> std::uint32_t { return value; });
}

DigitColumns suppress_log(const Maps<float>& maps, std::uint8_t threshold, const LogDecoder& decoder) {
    const float edge = decoder.edge(threshold);
    return suppress(
        maps, [=](const float* map, std::uint64_t* words) { mark_log(map, kMapWords, edge, words); },
        [&](float value, Channel channel) {
            if (value != value) {
                throw Fault("suppress_log: the value of " + pixel_name(channel) +
                            " is NaN (allowed: any number). The network or its input is damaged");
            }
            return decoder.decode(value);
        });
}

}  // namespace pxdbkg
