#include "pxdbkg/cluster_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pxdbkg/fault.hpp"

namespace pxdbkg {

namespace {

[[noreturn]] void report(const std::string& what) { throw Fault("cluster_shapes: " + what); }

struct Pixel {
    std::int32_t u;  // from the first digit of the cluster, so that all sums are small integers
    std::int32_t v;
    std::int64_t charge;
};

// Pixels of one cluster, and their borders.
struct Cluster {
    const Pixel* pixels;
    std::size_t size;
    std::int32_t low_u = 0;
    std::int32_t high_u = 0;
    std::int32_t low_v = 0;
    std::int32_t high_v = 0;

    Cluster(const Pixel* first, std::size_t n) : pixels(first), size(n) {
        for (const Pixel& pixel : *this) {
            low_u = std::min(low_u, pixel.u);
            high_u = std::max(high_u, pixel.u);
            low_v = std::min(low_v, pixel.v);
            high_v = std::max(high_v, pixel.v);
        }
    }
    const Pixel* begin() const { return pixels; }
    const Pixel* end() const { return pixels + size; }
    std::int32_t u_size() const { return high_u - low_u + 1; }
    std::int32_t v_size() const { return high_v - low_v + 1; }
};

// The numbers are documented in pxdbkg/kernels/cluster_shapes.py.
std::uint8_t shape_class(const Cluster& cluster) {
    const std::int32_t u_size = cluster.u_size();
    const std::int32_t v_size = cluster.v_size();
    if (cluster.size == 1) return 0;
    if (cluster.size == 2) {
        if (v_size == 1 && u_size == 2) return 1;
        if (u_size == 1 && v_size == 2) return 2;
        // The first digit is at (0, 0) and lower in v, or as low and lower in u.
        return cluster.pixels[1].u > 0 ? 3 : 4;
    }
    if (cluster.size == 3) {
        if (v_size == 1) return 5;
        if (u_size == 1) return 6;
        if (u_size > 2 || v_size > 2) return 11;
        // Three of a square of four: how many of them are low tells which one is missing.
        int low_u = 0;
        int low_v = 0;
        for (const Pixel& pixel : cluster) {
            low_u += pixel.u == cluster.low_u ? 1 : 0;
            low_v += pixel.v == cluster.low_v ? 1 : 0;
        }
        return static_cast<std::uint8_t>(7 + (low_u == 1 ? 0 : 1) + (low_v == 1 ? 0 : 2));
    }
    if (cluster.size == 4) {
        if (v_size == 1) return 13;
        if (u_size == 1) return 14;
        return u_size == 2 && v_size == 2 ? 12 : 15;
    }
    const std::uint8_t first = cluster.size < 10 ? 16 : 19;
    if (v_size >= 2 * u_size) return first;
    if (u_size >= 2 * v_size) return static_cast<std::uint8_t>(first + 1);
    return static_cast<std::uint8_t>(first + 2);
}

double root(double variance) { return variance > 0 ? std::sqrt(variance) : 0.0; }

void describe_one(const Pixel& pixel, std::size_t k, const ShapeColumns& shapes) {
    shapes.shape_class[k] = 0;
    shapes.min_charge[k] = static_cast<std::uint16_t>(pixel.charge);
    shapes.second_charge[k] = 0;
    shapes.charge_rms_adu[k] = shapes.u_rms[k] = shapes.v_rms[k] = 0.0F;
    shapes.uv_correlation[k] = 0.0F;
    shapes.end_charge_share[k] = 1.0F;
    shapes.seed_offset[k] = 0.0F;
}

void describe(const Cluster& cluster, std::size_t k, const ShapeColumns& shapes) {
    std::int64_t q = 0;
    std::int64_t qq = 0;
    std::int64_t lowest = cluster.pixels->charge;
    std::int64_t second = 0;
    const Pixel* seed = cluster.pixels;
    for (const Pixel& pixel : cluster) {
        q += pixel.charge;
        qq += pixel.charge * pixel.charge;
        lowest = std::min(lowest, pixel.charge);
        if (pixel.charge > seed->charge) {
            second = seed->charge;
            seed = &pixel;
        } else if (&pixel != seed) {
            second = std::max(second, pixel.charge);
        }
    }
    const bool charged = q > 0;
    const bool by_columns = cluster.u_size() > cluster.v_size();
    std::int64_t weights = 0;
    std::int64_t ends = 0;
    std::int64_t qu = 0;
    std::int64_t qv = 0;
    std::int64_t quu = 0;
    std::int64_t qvv = 0;
    std::int64_t quv = 0;
    for (const Pixel& pixel : cluster) {
        const std::int64_t weight = charged ? pixel.charge : 1;
        weights += weight;
        qu += weight * pixel.u;
        qv += weight * pixel.v;
        quu += weight * pixel.u * pixel.u;
        qvv += weight * pixel.v * pixel.v;
        quv += weight * pixel.u * pixel.v;
        const bool is_end = by_columns ? pixel.u == cluster.low_u || pixel.u == cluster.high_u
                                       : pixel.v == cluster.low_v || pixel.v == cluster.high_v;
        ends += is_end ? weight : 0;
    }
    const double n = static_cast<double>(cluster.size);
    const double per_weight = 1.0 / static_cast<double>(weights);
    const double u = static_cast<double>(qu) * per_weight;
    const double v = static_cast<double>(qv) * per_weight;
    const double u_rms = cluster.u_size() > 1 ? root(static_cast<double>(quu) * per_weight - u * u) : 0.0;
    const double v_rms = cluster.v_size() > 1 ? root(static_cast<double>(qvv) * per_weight - v * v) : 0.0;
    const double covariance = static_cast<double>(quv) * per_weight - u * v;
    const double widths = u_rms * v_rms;
    const double mean_charge = static_cast<double>(q) / n;
    const double du = seed->u - u;
    const double dv = seed->v - v;
    shapes.shape_class[k] = shape_class(cluster);
    shapes.min_charge[k] = static_cast<std::uint16_t>(lowest);
    shapes.second_charge[k] = static_cast<std::uint16_t>(second);
    shapes.charge_rms_adu[k] = static_cast<float>(root(static_cast<double>(qq) / n - mean_charge * mean_charge));
    shapes.u_rms[k] = static_cast<float>(u_rms);
    shapes.v_rms[k] = static_cast<float>(v_rms);
    shapes.uv_correlation[k] =
        widths > 0 ? static_cast<float>(std::max(-1.0, std::min(1.0, covariance / widths))) : 0.0F;
    shapes.end_charge_share[k] = static_cast<float>(static_cast<double>(ends) * per_weight);
    shapes.seed_offset[k] = static_cast<float>(root(du * du + dv * dv));
}

// Digits sorted by label, those of a label in their order: the first entry of each label, and the digits.
struct ByLabel {
    Column<std::uint32_t> begin;
    Column<std::uint32_t> digits;
};

ByLabel sort_by_label(const std::int32_t* labels, std::size_t n, std::size_t count) {
    ByLabel sorted;
    sorted.begin.resize(count + 1);
    std::fill(sorted.begin.begin(), sorted.begin.end(), 0U);
    for (std::size_t i = 0; i < n; ++i) {
        if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= count) {
            report("digit " + std::to_string(i) + " has the label " + std::to_string(labels[i]) + " (allowed: 0.." +
                   std::to_string(count) + ", the number of clusters left out)");
        }
        ++sorted.begin[static_cast<std::size_t>(labels[i])];
    }
    std::uint32_t next = 0;
    for (std::size_t k = 0; k < count; ++k) {
        if (sorted.begin[k] == 0) {
            report("no digit has the label " + std::to_string(k) + " (every cluster needs one)");
        }
        next += sorted.begin[k];
        sorted.begin[k] = next;  // the end; filling from the last digit on leaves the beginning here
    }
    sorted.begin[count] = next;
    sorted.digits.resize(n);
    for (std::size_t i = n; i-- > 0;) {
        sorted.digits[--sorted.begin[static_cast<std::size_t>(labels[i])]] = static_cast<std::uint32_t>(i);
    }
    return sorted;
}

}  // namespace

void cluster_shapes(const DigitsView& digits, const std::int32_t* labels, const ShapeColumns& shapes) {
    if (digits.size > 0xffffffff) report("more than 2^32 digits");
    const ByLabel sorted = sort_by_label(labels, digits.size, shapes.count);
    Column<Pixel> pixels;
    for (std::size_t k = 0; k < shapes.count; ++k) {
        const std::size_t size = sorted.begin[k + 1] - sorted.begin[k];
        if (pixels.size() < size) pixels.resize(size);
        const std::uint32_t* const own = sorted.digits.data() + sorted.begin[k];
        for (std::size_t i = 0; i < size; ++i) {
            pixels[i] = {static_cast<std::int32_t>(digits.u[own[i]]) - digits.u[own[0]],
                         static_cast<std::int32_t>(digits.v[own[i]]) - digits.v[own[0]], digits.charge[own[i]]};
        }
        if (size == 1) {
            describe_one(pixels[0], k, shapes);
        } else {
            describe(Cluster(pixels.data(), size), k, shapes);
        }
    }
}

}  // namespace pxdbkg
