#include "pxdbkg/zero_suppression.hpp"

#include <algorithm>
#include <string>

#include "pxdbkg/bit_fields.hpp"
#include "pxdbkg/fault.hpp"
#include "pxdbkg/marking.hpp"

namespace pxdbkg {

namespace {

constexpr std::size_t kAhead = 24;

// For every map, `mark(map, words)` finds the hits and `charge(value, channel)` decodes one.
template <class T, class Mark, class Charge>
DigitColumns suppress(const Maps<T>& maps, Mark mark, Charge charge) {
    DigitColumns out;
    out.reserve(maps.count * (kMapSize / 64));  // 1.6 %, above the usual occupancy
    // Kept by the thread: fresh memory costs a page fault every 4 kB in every event.
    thread_local Column<std::uint64_t> words(kFieldWords);
    thread_local Column<std::uint32_t> positions(std::size_t{kMapSize} + kPositionSlack);
    for (std::size_t m = 0; m < maps.count; ++m) {
        const T* const map = maps.values + (m * maps.rows + maps.first_row) * kRows;
        mark(map, words.data());
        const std::size_t size = bit_positions(words.data(), kFieldWords, positions.data());
        const std::uint8_t sensor = maps.sensors[m];
        const std::size_t start = out.size();
        out.resize(start + size);
        std::uint16_t* const __restrict u_out = out.u() + start;
        std::uint16_t* const __restrict v_out = out.v() + start;
        std::uint16_t* const __restrict charge_out = out.charge() + start;
        for (std::size_t i = 0; i < size; ++i) {  // apart from the charges, so that it vectorises
            u_out[i] = static_cast<std::uint16_t>(positions[i] % kBitStride);
            v_out[i] = static_cast<std::uint16_t>(positions[i] / kBitStride);
        }
        for (std::size_t i = 0; i < size; ++i) {
            if constexpr (sizeof(T) > 1) {
                // Such a map does not fit the second-level cache, and hits are far from each other in it.
                const std::uint32_t ahead = positions[std::min(i + kAhead, size - 1)];
                __builtin_prefetch(map + ahead % kBitStride * kRows + ahead / kBitStride);
            }
            const std::uint32_t u = positions[i] % kBitStride;
            const std::uint32_t v = positions[i] / kBitStride;
            charge_out[i] = static_cast<std::uint16_t>(charge(map[u * kRows + v], make_channel(sensor, u, v)));
        }
        std::fill_n(out.sensor() + start, size, sensor);
    }
    return out;
}

}  // namespace

DigitColumns suppress_adu(const Maps<std::uint8_t>& maps, std::uint8_t threshold) {
    return suppress(
        maps, [=](const std::uint8_t* map, std::uint64_t* words) { mark_adu(map, threshold, words); },
        [](std::uint8_t value, Channel) -> std::uint32_t { return value; });
}

DigitColumns suppress_log(const Maps<float>& maps, std::uint8_t threshold, const LogDecoder& decoder) {
    const float edge = decoder.edge(threshold);
    return suppress(
        maps, [=](const float* map, std::uint64_t* words) { mark_log(map, edge, words); },
        [&](float value, Channel channel) {
            if (value != value) {
                throw Fault("suppress_log: the value of " + pixel_name(channel) +
                            " is NaN (allowed: any number). The network or its input is damaged");
            }
            return decoder.decode(value);
        });
}

}  // namespace pxdbkg
