#include "pxdbkg/digit_counts.hpp"

#include <algorithm>
#include <string>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

constexpr std::size_t kRowsOfARegion = kRows / kGateRegions;
constexpr std::size_t kColumnsOfATile = kColumns / kTileColumns;
constexpr std::size_t kRowsOfAGate = 4;
constexpr std::size_t kDrainsOfARegion = kColumns * kRowsOfAGate / kDrainRegions;

}  // namespace

void count_digits(const DigitsView& digits, const DigitCounts& counts) {
    std::fill(counts.charge, counts.charge + kSensors * kCharges, 0);
    std::fill(counts.u, counts.u + kSensors * kColumns, 0);
    std::fill(counts.v, counts.v + kSensors * kRows, 0);
    std::fill(counts.region, counts.region + kSensors * kDrainRegions * kGateRegions, 0);
    std::fill(counts.tile, counts.tile + kSensors * kTileColumns * kGateRegions, 0);
    for (std::size_t i = 0; i < digits.size; ++i) {
        const std::size_t sensor = digits.sensor[i];
        const std::size_t u = digits.u[i];
        const std::size_t v = digits.v[i];
        if (sensor >= kSensors || u >= kColumns || v >= kRows) {
            throw Fault("digit_counts: digit " + std::to_string(i) + " has sensor " + std::to_string(sensor) + ", u " +
                        std::to_string(u) + ", v " + std::to_string(v) +
                        ", outside the detector (0..39, 0..249, 0..767)");
        }
        const std::size_t charge = std::min<std::size_t>(digits.charge[i], kCharges - 1);
        const std::size_t drain = u * kRowsOfAGate + v % kRowsOfAGate;
        const std::size_t gates = v / kRowsOfARegion;
        ++counts.charge[sensor * kCharges + charge];
        ++counts.u[sensor * kColumns + u];
        ++counts.v[sensor * kRows + v];
        ++counts.region[(sensor * kDrainRegions + drain / kDrainsOfARegion) * kGateRegions + gates];
        ++counts.tile[(sensor * kTileColumns + u / kColumnsOfATile) * kGateRegions + gates];
    }
}

void count_neighbours(const DigitsView& digits, const std::uint8_t* class_of, std::size_t classes,
                      std::int64_t* counts) {
    const Column<Channel> channels = sorted_channels(digits, "neighbour_charges");
    for (std::size_t charge = 0; charge < kCharges; ++charge) {
        if (class_of[charge] >= classes) {
            throw Fault("neighbour_charges: the class of " + std::to_string(charge) + " ADU is " +
                        std::to_string(class_of[charge]) + " (allowed: 0 to below " + std::to_string(classes) + ")");
        }
    }
    const auto of = [&](std::size_t i) {
        return std::size_t{class_of[std::min<std::size_t>(digits.charge[i], kCharges - 1)]};
    };
    std::fill(counts, counts + kNeighbourAxes * classes * classes, 0);
    std::int64_t* const along_v = counts + classes * classes;
    std::size_t below = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        if (i > 0 && channels[i - 1] + 1 == channels[i]) ++counts[of(i - 1) * classes + of(i)];
        while (channels[below] + 256 < channels[i]) ++below;
        if (channels[below] + 256 == channels[i]) ++along_v[of(below) * classes + of(i)];
    }
}

}  // namespace pxdbkg
