#include "pxdbkg/clustering.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

// Union-find in the array of labels: every digit points to an earlier digit of its cluster, the first one to itself.
std::int32_t first_digit(std::int32_t* parent, std::int32_t i) {
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];  // halve the way for the next search
        i = parent[i];
    }
    return i;
}

void join(std::int32_t* parent, std::int32_t i, std::int32_t k) {
    const std::int32_t a = first_digit(parent, i);
    const std::int32_t b = first_digit(parent, k);
    parent[std::max(a, b)] = std::min(a, b);
}

struct Sums {
    std::uint64_t charge = 0;
    double u_charge = 0;
    double v_charge = 0;
    double u = 0;
    double v = 0;
    std::uint32_t size = 0;
    std::uint16_t seed = 0;
    std::uint16_t u_first = 0xffff;
    std::uint16_t u_last = 0;
    std::uint16_t v_first = 0xffff;
    std::uint16_t v_last = 0;
    std::uint8_t sensor = 0;
};

[[noreturn]] void report(const std::string& what) { throw Fault("cluster_properties: " + what); }

}  // namespace

std::size_t label_clusters(const DigitsView& digits, std::int32_t* labels) {
    const Column<Channel> channels = sorted_channels(digits, "label");
    std::int32_t* parent = labels;
    // The three neighbours in the row below (v - 1) are channels c - 257 to c - 255. `below` follows the scan through
    // that row; steps of 1 and 256 never lead to a pixel of another row or sensor (digits.hpp).
    std::size_t below = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const auto here = static_cast<std::int32_t>(i);
        const auto channel = static_cast<std::int32_t>(channels[i]);
        parent[i] = here;
        while (static_cast<std::int32_t>(channels[below]) < channel - 257) {
            ++below;
        }
        for (std::size_t k = below; static_cast<std::int32_t>(channels[k]) <= channel - 255; ++k) {
            join(parent, static_cast<std::int32_t>(k), here);
        }
        if (i > 0 && static_cast<std::int32_t>(channels[i - 1]) == channel - 1) {
            join(parent, here - 1, here);
        }
    }
    // A parent comes before its digit, so it has its final label when the digit needs it.
    std::int32_t clusters = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
        labels[i] = parent[i] == static_cast<std::int32_t>(i) ? clusters++ : labels[parent[i]];
    }
    return static_cast<std::size_t>(clusters);
}

void cluster_properties(const DigitsView& digits, const std::int32_t* labels, const PixelCentres& centres,
                        const ClusterColumns& clusters) {
    std::vector<Sums> all(clusters.count);
    for (std::size_t i = 0; i < digits.size; ++i) {
        const std::uint8_t sensor = digits.sensor[i];
        const std::uint16_t u = digits.u[i];
        const std::uint16_t v = digits.v[i];
        const std::uint16_t charge = digits.charge[i];
        if (sensor >= kSensors || u >= kColumns || v >= kRows) {
            report("digit " + std::to_string(i) + " has sensor " + std::to_string(sensor) + ", u " + std::to_string(u) +
                   ", v " + std::to_string(v) + ", outside the detector (0..39, 0..249, 0..767)");
        }
        if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= clusters.count) {
            report("digit " + std::to_string(i) + " has the label " + std::to_string(labels[i]) + " (allowed: 0.." +
                   std::to_string(clusters.count) + ", the number of clusters left out)");
        }
        Sums& sums = all[static_cast<std::size_t>(labels[i])];
        if (sums.size == 0) {
            sums.sensor = sensor;
        } else if (sums.sensor != sensor) {
            report("cluster " + std::to_string(labels[i]) + " has digits on the sensors " +
                   std::to_string(sums.sensor) + " and " + std::to_string(sensor) + " (a cluster lies on one sensor)");
        }
        const double u_mm = centres.u_mm[u];
        const double v_mm = centres.v_mm[sensor * kRows + v];
        sums.charge += charge;
        sums.u_charge += charge * u_mm;
        sums.v_charge += charge * v_mm;
        sums.u += u_mm;
        sums.v += v_mm;
        ++sums.size;
        sums.seed = std::max(sums.seed, charge);
        sums.u_first = std::min(sums.u_first, u);
        sums.u_last = std::max(sums.u_last, u);
        sums.v_first = std::min(sums.v_first, v);
        sums.v_last = std::max(sums.v_last, v);
    }
    for (std::size_t k = 0; k < clusters.count; ++k) {
        const Sums& sums = all[k];
        if (sums.size == 0) {
            report("no digit has the label " + std::to_string(k) + " (every cluster needs one)");
        }
        if (sums.charge > std::numeric_limits<std::uint32_t>::max()) {
            report("the charge of cluster " + std::to_string(k) + " is " + std::to_string(sums.charge) +
                   " ADU (it must fit into 32 bits)");
        }
        const bool charged = sums.charge > 0;
        const double weight = charged ? static_cast<double>(sums.charge) : static_cast<double>(sums.size);
        clusters.sensor[k] = sums.sensor;
        clusters.u_mm[k] = static_cast<float>((charged ? sums.u_charge : sums.u) / weight);
        clusters.v_mm[k] = static_cast<float>((charged ? sums.v_charge : sums.v) / weight);
        clusters.charge[k] = static_cast<std::uint32_t>(sums.charge);
        clusters.seed_charge[k] = sums.seed;
        clusters.size[k] = sums.size;
        clusters.u_size[k] = static_cast<std::uint16_t>(sums.u_last - sums.u_first + 1);
        clusters.v_size[k] = static_cast<std::uint16_t>(sums.v_last - sums.v_first + 1);
        clusters.u_start[k] = sums.u_first;
        clusters.v_start[k] = sums.v_first;
    }
}

}  // namespace pxdbkg
