#include "pxdbkg/sorting.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

// Channel (24 bits) above charge (16 bits): one word to move in the sort.
using Entry = std::uint64_t;
constexpr unsigned kChannelShift = 16;
constexpr Channel channel_of(Entry entry) { return static_cast<Channel>(entry >> kChannelShift); }

// The entries that are kept, in the order given; counts those that are not.
Column<Entry> select(const DigitsView& digits, const MaskBits& mask, bool trim, SortCounts& counts) {
    Column<Entry> entries(digits.size);
    std::size_t n = 0;
    for (std::size_t i = 0; i < digits.size; ++i) {
        const std::uint32_t sensor = digits.sensor[i];
        const std::uint32_t u = digits.u[i];
        const std::uint32_t v = digits.v[i];
        if (sensor >= kSensors || u >= kColumns || v >= kRows) {
            if (!trim) {
                throw Fault("sort_digits: digit " + std::to_string(i) + " has sensor " + std::to_string(sensor) +
                            ", u " + std::to_string(u) + ", v " + std::to_string(v) +
                            ", outside the detector (0..39, 0..249, 0..767). Set trim to drop such digits");
            }
            ++counts.outside;
            continue;
        }
        const Channel channel = make_channel(sensor, u, v);
        if (mask.any() && mask.masked(channel)) {
            ++counts.masked;
            continue;
        }
        entries[n++] = static_cast<Entry>(channel) << kChannelShift | digits.charge[i];
    }
    entries.resize(n);
    return entries;
}

// Stable radix sort by channel: two passes of 12 bits.
void sort_by_channel(Column<Entry>& entries) {
    const auto by_channel = [](Entry a, Entry b) { return channel_of(a) < channel_of(b); };
    if (std::is_sorted(entries.begin(), entries.end(), by_channel)) {
        return;
    }
    constexpr unsigned kBits = 12;
    constexpr std::size_t kBins = std::size_t{1} << kBits;
    Column<Entry> other(entries.size());
    for (const unsigned shift : {kChannelShift, kChannelShift + kBits}) {
        std::array<std::size_t, kBins> place{};
        for (const Entry entry : entries) {
            ++place[entry >> shift & (kBins - 1)];
        }
        std::size_t next = 0;
        for (std::size_t& bin : place) {
            const std::size_t count = bin;
            bin = next;
            next += count;
        }
        for (const Entry entry : entries) {
            other[place[entry >> shift & (kBins - 1)]++] = entry;
        }
        entries.swap(other);
    }
}

}  // namespace

SortCounts sort_digits(const DigitsView& digits, const MaskBits& mask, bool merge, bool trim, DigitColumns& out) {
    SortCounts counts;
    counts.input = digits.size;
    Column<Entry> entries = select(digits, mask, trim, counts);
    sort_by_channel(entries);

    Column<Channel> channels(entries.size());
    out.resize(entries.size());
    std::uint16_t* const charges = out.charge();
    std::size_t n = 0;
    for (const Entry entry : entries) {
        const Channel channel = channel_of(entry);
        const auto charge = static_cast<std::uint16_t>(entry & 0xffff);
        if (merge && n > 0 && channels[n - 1] == channel) {
            const std::uint32_t sum = std::uint32_t{charges[n - 1]} + charge;
            if (sum > 0xffff) {
                throw Fault("sort_digits: the charges of " + pixel_name(channel) + " add up to " + std::to_string(sum) +
                            " ADU (a digit holds 0..65535). Set merge to false");
            }
            charges[n - 1] = static_cast<std::uint16_t>(sum);
            ++counts.merged;
            continue;
        }
        channels[n] = channel;
        charges[n] = charge;
        ++n;
    }
    out.resize(n);
    unpack_channels(channels.data(), n, out);
    counts.total = n;
    return counts;
}

}  // namespace pxdbkg
