#include "pxdbkg/overlay.hpp"

#include <algorithm>
#include <string>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

constexpr Channel kEnd = 0xffffffff;  // sorts after every pixel, so that the merge needs no test for the end

// Channels and charges, still in order, without the masked pixels.
void drop_masked(const MaskBits& mask, Column<Channel>& channels, Column<std::uint16_t>& charges) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const Channel channel = channels[i];
        channels[kept] = channel;
        charges[kept] = charges[i];
        kept += static_cast<std::size_t>(!mask.masked(channel));
    }
    channels.resize(kept);
    charges.resize(kept);
}

std::size_t clip(std::uint16_t* charges, std::size_t n, std::uint16_t max_charge) {
    std::size_t clipped = 0;
    for (std::size_t i = 0; i < n; ++i) {
        clipped += static_cast<std::size_t>(charges[i] > max_charge);
        charges[i] = std::min(charges[i], max_charge);
    }
    return clipped;
}

}  // namespace

OverlayCounts overlay(const DigitsView& signal, const DigitsView& background, const MaskBits& mask,
                      std::optional<std::uint16_t> max_charge, DigitColumns& out) {
    OverlayCounts counts;
    counts.signal = signal.size;
    counts.background = background.size;
    Column<Channel> own = sorted_channels(signal, "overlay: signal");
    Column<Channel> added = sorted_channels(background, "overlay: background");
    Column<std::uint16_t> unmasked;
    const std::uint16_t* added_charge = background.charge;
    if (mask.any()) {
        unmasked.assign(background.charge, background.charge + background.size);
        drop_masked(mask, added, unmasked);
        added_charge = unmasked.data();
    }
    counts.masked = background.size - added.size();
    own.push_back(kEnd);
    added.push_back(kEnd);

    Column<Channel> channels(own.size() + added.size());
    out.resize(channels.size());
    std::uint16_t* const charges = out.charge();
    std::size_t i = 0;
    std::size_t j = 0;
    std::size_t n = 0;
    while (true) {
        // Runs of one side are copied in short loops: a choice for each digit would be mispredicted too often.
        for (const Channel next = own[i]; added[j] < next; ++j, ++n) {
            channels[n] = added[j];
            charges[n] = added_charge[j];
        }
        if (own[i] == kEnd) {
            break;
        }
        std::uint32_t charge = signal.charge[i];
        if (added[j] == own[i]) {
            charge += added_charge[j];
            ++j;
            ++counts.shared;
            const std::uint32_t limit = max_charge.value_or(0xffff);
            if (charge > limit) {
                if (!max_charge) {
                    throw Fault("overlay: the charges of " + pixel_name(own[i]) + " add up to " +
                                std::to_string(charge) + " ADU (a digit holds 0..65535). Set max_charge");
                }
                charge = limit;
                ++counts.clipped;
            }
        }
        channels[n] = own[i];
        charges[n] = static_cast<std::uint16_t>(charge);
        ++n;
        ++i;
    }
    out.resize(n);
    if (max_charge) {
        counts.clipped += clip(charges, n, *max_charge);
    }
    unpack_channels(channels.data(), n, out);
    counts.total = n;
    return counts;
}

}  // namespace pxdbkg
