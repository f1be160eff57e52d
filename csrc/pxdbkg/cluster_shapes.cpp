#include "pxdbkg/cluster_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

// Sums over the pixels of a cluster; positions count from its first digit, so that all sums are small integers.
struct Sums {
    std::int64_t q = 0;
    std::int64_t qu = 0;
    std::int64_t qv = 0;
    std::int64_t quu = 0;
    std::int64_t qvv = 0;
    std::int64_t quv = 0;
    std::int64_t qq = 0;
    std::int64_t ends = 0;  // charge of the first and last row, or column
    std::int32_t size = 0;
    std::int32_t u = 0;
    std::int32_t v = 0;
    std::int32_t uv = 0;
    std::int32_t seed_u = 0;
    std::int32_t seed_v = 0;
    std::int32_t first_u = 0;  // place of the first digit
    std::int32_t first_v = 0;
    std::int32_t low_u = 0;  // borders, from the first digit
    std::int32_t high_u = 0;
    std::int32_t low_v = 0;
    std::int32_t high_v = 0;
    std::uint16_t highest = 0;
    std::uint16_t second = 0;
    std::uint16_t lowest = 0xffff;
    bool charged = true;

    std::int32_t u_size() const { return high_u - low_u + 1; }
    std::int32_t v_size() const { return high_v - low_v + 1; }
};

[[noreturn]] void report(const std::string& what) { throw Fault("cluster_shapes: " + what); }

void add(Sums& sums, std::int32_t column, std::int32_t row, std::uint16_t charge, std::int64_t weight) {
    if (sums.size == 0) {
        sums.first_u = column;
        sums.first_v = row;
    }
    const std::int32_t u = column - sums.first_u;
    const std::int32_t v = row - sums.first_v;
    sums.q += weight;
    sums.qu += weight * u;
    sums.qv += weight * v;
    sums.quu += weight * u * u;
    sums.qvv += weight * v * v;
    sums.quv += weight * u * v;
    sums.qq += static_cast<std::int64_t>(charge) * charge;
    sums.u += u;
    sums.v += v;
    sums.uv += u * v;
    sums.low_u = std::min(sums.low_u, u);
    sums.high_u = std::max(sums.high_u, u);
    sums.low_v = std::min(sums.low_v, v);
    sums.high_v = std::max(sums.high_v, v);
    if (sums.size == 0 || charge > sums.highest) {
        sums.second = sums.highest;
        sums.highest = charge;
        sums.seed_u = u;
        sums.seed_v = v;
    } else {
        sums.second = std::max(sums.second, charge);
    }
    sums.lowest = std::min(sums.lowest, charge);
    ++sums.size;
}

// The numbers are documented in pxdbkg/kernels/cluster_shapes.py.
std::uint8_t shape_class(const Sums& sums) {
    const std::int32_t u_size = sums.u_size();
    const std::int32_t v_size = sums.v_size();
    if (sums.size == 1) return 0;
    if (sums.size == 2) {
        if (v_size == 1 && u_size == 2) return 1;
        if (u_size == 1 && v_size == 2) return 2;
        return sums.uv > 0 ? 3 : 4;
    }
    if (sums.size == 3) {
        if (v_size == 1) return 5;
        if (u_size == 1) return 6;
        if (u_size > 2 || v_size > 2) return 11;
        // Three of a square of four: the sums of the positions in the square tell which one is missing.
        const bool low_u_missing = sums.u - 3 * sums.low_u == 2;
        const bool low_v_missing = sums.v - 3 * sums.low_v == 2;
        return static_cast<std::uint8_t>(7 + (low_u_missing ? 0 : 1) + (low_v_missing ? 0 : 2));
    }
    if (sums.size == 4) {
        if (v_size == 1) return 13;
        if (u_size == 1) return 14;
        return u_size == 2 && v_size == 2 ? 12 : 15;
    }
    const std::uint8_t first = sums.size < 10 ? 16 : 19;
    if (v_size >= 2 * u_size) return first;
    if (u_size >= 2 * v_size) return static_cast<std::uint8_t>(first + 1);
    return static_cast<std::uint8_t>(first + 2);
}

double root(double variance) { return variance > 0 ? std::sqrt(variance) : 0.0; }

}  // namespace

void cluster_shapes(const DigitsView& digits, const std::int32_t* labels, const ShapeColumns& shapes) {
    std::vector<Sums> all(shapes.count);
    const auto sum_up = [&](std::size_t i, bool charged) {
        const std::uint16_t charge = digits.charge[i];
        add(all[static_cast<std::size_t>(labels[i])], digits.u[i], digits.v[i], charge, charged ? charge : 1);
    };
    for (std::size_t i = 0; i < digits.size; ++i) {
        if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= shapes.count) {
            report("digit " + std::to_string(i) + " has the label " + std::to_string(labels[i]) + " (allowed: 0.." +
                   std::to_string(shapes.count) + ", the number of clusters left out)");
        }
        sum_up(i, true);
    }
    std::vector<bool> empty(shapes.count);
    bool any_empty = false;
    for (std::size_t k = 0; k < shapes.count; ++k) {
        if (all[k].size == 0) {
            report("no digit has the label " + std::to_string(k) + " (every cluster needs one)");
        }
        if (all[k].q == 0) {
            empty[k] = any_empty = true;
            all[k] = Sums{};
            all[k].charged = false;
        }
    }
    for (std::size_t i = 0; any_empty && i < digits.size; ++i) {
        if (empty[static_cast<std::size_t>(labels[i])]) sum_up(i, false);
    }
    // The ends are known only now.
    for (std::size_t i = 0; i < digits.size; ++i) {
        Sums& sums = all[static_cast<std::size_t>(labels[i])];
        const std::int32_t u = digits.u[i] - sums.first_u;
        const std::int32_t v = digits.v[i] - sums.first_v;
        const bool is_end =
            sums.u_size() > sums.v_size() ? u == sums.low_u || u == sums.high_u : v == sums.low_v || v == sums.high_v;
        sums.ends += is_end ? (sums.charged ? digits.charge[i] : 1) : 0;
    }
    for (std::size_t k = 0; k < shapes.count; ++k) {
        const Sums& sums = all[k];
        const double n = sums.size;
        const double q = static_cast<double>(sums.q);
        const double u = static_cast<double>(sums.qu) / q;
        const double v = static_cast<double>(sums.qv) / q;
        const double u_variance = static_cast<double>(sums.quu) / q - u * u;
        const double v_variance = static_cast<double>(sums.qvv) / q - v * v;
        const double covariance = static_cast<double>(sums.quv) / q - u * v;
        const double widths = root(u_variance) * root(v_variance);
        const double mean_charge = sums.charged ? q / n : 0.0;
        const double du = sums.seed_u - u;
        const double dv = sums.seed_v - v;
        shapes.shape_class[k] = shape_class(sums);
        shapes.min_charge[k] = sums.lowest;
        shapes.second_charge[k] = sums.second;
        shapes.charge_rms_adu[k] =
            static_cast<float>(root(static_cast<double>(sums.qq) / n - mean_charge * mean_charge));
        shapes.u_rms[k] = static_cast<float>(sums.u_size() > 1 ? root(u_variance) : 0.0);
        shapes.v_rms[k] = static_cast<float>(sums.v_size() > 1 ? root(v_variance) : 0.0);
        shapes.uv_correlation[k] = sums.u_size() > 1 && sums.v_size() > 1 && widths > 0
                                       ? static_cast<float>(std::max(-1.0, std::min(1.0, covariance / widths)))
                                       : 0.0F;
        shapes.end_charge_share[k] = static_cast<float>(static_cast<double>(sums.ends) / q);
        shapes.seed_offset[k] = static_cast<float>(root(du * du + dv * dv));
    }
}

}  // namespace pxdbkg
