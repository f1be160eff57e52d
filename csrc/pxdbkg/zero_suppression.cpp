#include "pxdbkg/zero_suppression.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "pxdbkg/fault.hpp"
#include "pxdbkg/row_scan.hpp"

namespace pxdbkg {

namespace {

// A hit on its way through the sort: v, u and charge in one word.
constexpr std::uint32_t pack_hit(std::uint32_t u, std::uint32_t v, std::uint32_t charge) {
    return v << 16 | u << 8 | charge;
}

// The hits of one sensor. Maps are read row by row in u, as they lie in memory, and digits are sorted by v first: a
// counting sort over the 768 values of v turns one order into the other, and stays in the first-level cache.
class SensorHits {
  public:
    SensorHits() : found_(kMapSize + kScanSlack) {}

    void clear() { size_ = 0; }

    // `scan(place, base)` writes u << 16 | v of the hits of one row and returns their number.
    template <class Scan>
    void add_row(Scan scan, std::uint32_t u) {
        size_ += scan(found_.data() + size_, u << 16);
    }

    // Append the hits to `out` in the order of digits; `charge(u, v)` gives the charge of a hit.
    template <class Charge>
    void emit(std::uint8_t sensor, Charge charge, DigitColumns& out) {
        std::array<std::uint32_t, kRows> place{};
        for (std::size_t i = 0; i < size_; ++i) {
            const std::uint32_t v = found_[i] & 0xffff;
            const std::uint32_t u = found_[i] >> 16;
            found_[i] = pack_hit(u, v, charge(u, v));
            ++place[v];
        }
        const std::size_t start = out.size();
        out.resize(start + size_);
        std::uint32_t next = 0;
        for (std::uint32_t& entry : place) {
            const std::uint32_t count = entry;
            entry = next;
            next += count;
        }
        std::uint16_t* const u_out = out.u.data() + start;
        std::uint16_t* const v_out = out.v.data() + start;
        std::uint16_t* const charge_out = out.charge.data() + start;
        for (std::size_t i = 0; i < size_; ++i) {
            const std::uint32_t hit = found_[i];
            const std::uint32_t at = place[hit >> 16]++;
            u_out[at] = static_cast<std::uint16_t>(hit >> 8 & 0xff);
            v_out[at] = static_cast<std::uint16_t>(hit >> 16);
            charge_out[at] = static_cast<std::uint16_t>(hit & 0xff);
        }
        std::fill_n(out.sensor.data() + start, size_, sensor);
    }

  private:
    Column<std::uint32_t> found_;
    std::size_t size_ = 0;
};

// Scan every map and collect its hits; `scan(row, base, place)` and `charge(value, sensor, u, v)` see one row, one hit.
template <class T, class Scan, class Charge>
DigitColumns suppress(const Maps<T>& maps, Scan scan, Charge charge) {
    DigitColumns out;
    out.reserve(maps.count * (kMapSize / 64));  // 1.6 %, above the usual occupancy
    SensorHits hits;
    for (std::size_t m = 0; m < maps.count; ++m) {
        const std::uint8_t sensor = maps.sensors[m];
        const T* map = maps.values + (m * maps.rows + maps.first_row) * kRows;
        hits.clear();
        for (std::uint32_t u = 0; u < kColumns; ++u) {
            hits.add_row([&](std::uint32_t* place, std::uint32_t base) { return scan(map + u * kRows, base, place); },
                         u);
        }
        hits.emit(
            sensor,
            [&](std::uint32_t u, std::uint32_t v) { return charge(map[u * kRows + v], make_channel(sensor, u, v)); },
            out);
    }
    return out;
}

}  // namespace

DigitColumns suppress_adu(const Maps<std::uint8_t>& maps, std::uint8_t threshold) {
    const ScanAdu scan = scan_adu();
    return suppress(
        maps,
        [=](const std::uint8_t* row, std::uint32_t base, std::uint32_t* hits) {
            return scan(row, threshold, base, hits);
        },
        [](std::uint8_t value, Channel) -> std::uint32_t { return value; });
}

DigitColumns suppress_log(const Maps<float>& maps, std::uint8_t threshold, const LogDecoder& decoder) {
    const ScanLog scan = scan_log();
    const float edge = decoder.edge(threshold);
    return suppress(
        maps, [=](const float* row, std::uint32_t base, std::uint32_t* hits) { return scan(row, edge, base, hits); },
        [&](float value, Channel channel) {
            if (value != value) {
                throw Fault("suppress_log: the value of " + pixel_name(channel) +
                            " is NaN (allowed: any number). The network or its input is damaged");
            }
            return decoder.decode(value);
        });
}

}  // namespace pxdbkg
