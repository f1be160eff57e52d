#include "pxdbkg/deposition.hpp"

#include <algorithm>
#include <cmath>

#include "pxdbkg/math.hpp"

namespace pxdbkg {

namespace {

constexpr int kU = 250, kV = 768;

// A square of the gate plane around a corner, in nodes 1 um apart; wider than the table by the reach of the walk.
constexpr int kMargin = 16;
constexpr int kSide = CollectionTable::kSize + 2 * kMargin;
constexpr int kReach = 24;  // nodes at which a Gaussian ends, more than 5 of the widths in use
using Square = std::vector<double>;

double position(int node) { return node - 0.5 * (kSide - 1); }

std::vector<double> gaussian(double sigma) {
    std::vector<double> weights(2 * kReach + 1);
    double sum = 0.0;
    for (int i = -kReach; i <= kReach; ++i) {
        weights[i + kReach] = exp_any(-0.5 * (i / sigma) * (i / sigma));
        sum += weights[i + kReach];
    }
    for (double& weight : weights) weight /= sum;
    return weights;
}

// Mean of a square over Gaussian displacements; beyond its edges the values of the edges go on.
Square smear(const Square& in, const std::vector<double>& along_x, const std::vector<double>& along_y) {
    Square half(in.size(), 0.0), out(in.size(), 0.0);
    for (int x = 0; x < kSide; ++x) {
        for (int i = -kReach; i <= kReach; ++i) {
            const double weight = along_x[i + kReach];
            const double* row = &in[static_cast<std::size_t>(std::clamp(x + i, 0, kSide - 1)) * kSide];
            for (int y = 0; y < kSide; ++y) half[x * kSide + y] += weight * row[y];
        }
    }
    std::vector<double> padded(kSide + 2 * kReach);
    for (int x = 0; x < kSide; ++x) {
        const double* row = &half[static_cast<std::size_t>(x) * kSide];
        for (int i = 0; i < kSide + 2 * kReach; ++i) padded[i] = row[std::clamp(i - kReach, 0, kSide - 1)];
        for (int i = 0; i <= 2 * kReach; ++i) {
            for (int y = 0; y < kSide; ++y) out[x * kSide + y] += along_y[i] * padded[y + i];
        }
    }
    return out;
}

}  // namespace

// The walk stops in an internal gate. The probability f that it stops in the upper right pixel is 1 or 0 in the gates;
// in the rims it is the mean of f over one step. Repeating that mean max_steps times from "the nearest pixel" is the
// law of a walk of at most max_steps steps; the drift before it is one more mean.
CollectionTable::CollectionTable(int border_u, int border_v, double step, double sigma_u, double sigma_v,
                                 int max_steps) {
    Square f(kSide * kSide);
    std::vector<int> rim;
    for (int x = 0; x < kSide; ++x) {
        for (int y = 0; y < kSide; ++y) {
            const int at = x * kSide + y;
            f[at] = position(x) > 0.0 && position(y) > 0.0 ? 1.0 : 0.0;
            if (std::fabs(position(x)) < border_u || std::fabs(position(y)) < border_v) rim.push_back(at);
        }
    }
    const std::vector<double> walk = gaussian(step);
    double change = 1.0;
    for (int i = 0; i < max_steps && change > 1e-7; ++i) {
        const Square mean = smear(f, walk, walk);
        change = 0.0;
        for (const int at : rim) {
            change = std::max(change, std::fabs(mean[at] - f[at]));
            f[at] = mean[at];
        }
    }
    f = smear(f, gaussian(sigma_u), gaussian(sigma_v));
    values_.resize(kSize * kSize);
    for (int x = 0; x < kSize; ++x) {
        for (int y = 0; y < kSize; ++y) values_[x * kSize + y] = f[(x + kMargin) * kSide + y + kMargin];
    }
}

double CollectionTable::operator()(double dx, double dy) const {
    const double x = std::min(std::max(dx + (kHalf - 0.5), 0.0), kSize - 1.001);
    const double y = std::min(std::max(dy + (kHalf - 0.5), 0.0), kSize - 1.001);
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const double fx = x - ix, fy = y - iy;
    const double* low = &values_[static_cast<std::size_t>(ix) * kSize + iy];
    const double* high = low + kSize;
    return (1.0 - fx) * ((1.0 - fy) * low[0] + fy * low[1]) + fx * ((1.0 - fy) * high[0] + fy * high[1]);
}

namespace {

struct Cut {
    std::size_t segments;
    double groups;  // of one segment
};

Cut cut(double electrons, double path_mm, const Drift& drift) {
    const double path = 1000.0 * path_mm;
    const std::size_t segments = path < drift.point_like ? 1 : static_cast<std::size_t>(path / drift.segment) + 1;
    return {segments, std::floor(electrons / static_cast<double>(segments) / drift.group) + 1.0};
}

// The words of one row of counters; kept between hits for its memory.
class RowWords {
  public:
    RowWords(const Key& key, std::uint32_t class_byte) : key_(key), high_(class_byte << 24) {}

    const std::uint32_t* draw(std::uint32_t c1, std::size_t count) {
        const std::size_t blocks = (count + 3) / 4;
        if (c0_.size() < blocks) {
            c1_.resize(blocks);
            words_.resize(4 * blocks);
            for (std::size_t i = c0_.size(); i < blocks; ++i) c0_.push_back(high_ | static_cast<std::uint32_t>(i));
        }
        std::fill_n(c1_.begin(), blocks, c1);
        philox_blocks(key_, c0_.data(), c1_.data(), blocks, words_.data());
        return words_.data();
    }

  private:
    Key key_;
    std::uint32_t high_;
    std::vector<std::uint32_t> c0_, c1_, words_;
};

// Largest 24-bit number m with (m + 1/2) 2^-24 < p, plus one: a word below it is a uniform number below p.
std::int32_t below(double p) { return static_cast<std::int32_t>(std::clamp(p, 0.0, 1.0) * 0x1p24 + 0.5); }

// Pixels that a hit has touched: few and met again and again.
class HitPixels {
  public:
    explicit HitPixels(std::vector<PixelCharge>& out) : out_(out), first_(out.size()) {}
    void add(std::uint32_t channel, double electrons) {
        if (electrons == 0.0) return;
        for (std::size_t i = out_.size(); i-- > first_ && out_.size() - i <= 8;) {
            if (out_[i].channel == channel) {
                out_[i].electrons += electrons;
                return;
            }
        }
        out_.push_back({channel, electrons});
    }

  private:
    std::vector<PixelCharge>& out_;
    std::size_t first_;
};

void deposit_one(const Passages& hits, std::size_t i, const Drift& drift, const Borders& borders, RowWords& rows,
                 std::vector<PixelCharge>& out) {
    const int sensor = hits.sensor[i];
    const double* edges = drift.v_edges + static_cast<std::size_t>(sensor) * (kV + 1);
    const double half_u = 0.5 * kU * drift.u_pitch;
    const double path = hits.path[i];
    const Cut pieces = cut(hits.electrons[i], path, drift);
    const double segments = static_cast<double>(pieces.segments);
    const double charge = hits.electrons[i] / segments / pieces.groups;
    const double gate = 0.5 * drift.thickness - drift.gate_depth;
    const auto groups = static_cast<std::size_t>(pieces.groups);
    const std::uint32_t c1 = std::uint32_t{hits.sensor[i]} << 24 | static_cast<std::uint32_t>(i);
    const std::uint32_t* all_words = rows.draw(c1, pieces.segments * groups);
    HitPixels pixels(out);
    int row = static_cast<int>(std::upper_bound(edges, edges + kV, static_cast<double>(hits.v[i])) - edges) - 1;
    row = std::clamp(row, 0, kV - 1);
    for (std::size_t k = 0; k < pieces.segments; ++k) {
        const double s = path * ((static_cast<double>(k) + 0.5) / segments - 0.5);
        const double u_start = hits.u[i] + s * hits.du[i], v = hits.v[i] + s * hits.dv[i];
        if (std::fabs(u_start) >= half_u || v < edges[0] || v >= edges[kV]) continue;
        const double w = std::clamp(1000.0 * s * hits.dw[i], -0.5 * drift.thickness, 0.5 * drift.thickness);
        const double z = std::fabs(gate - w) * 1e-4;                                                         // cm
        const double shift = z * (drift.lorentz[0] + z * (drift.lorentz[1] + z * drift.lorentz[2])) * 10.0;  // mm
        const double u = u_start + (gate > w ? shift : -shift);

        const double column = (u + half_u) / drift.u_pitch;
        const int corner_u = std::clamp(static_cast<int>(column + 0.5), 0, kU);
        const double dx = (column - corner_u) * drift.u_pitch * 1000.0;
        while (row > 0 && v < edges[row]) --row;
        while (row < kV - 1 && v >= edges[row + 1]) ++row;
        const int corner_v = v - edges[row] < edges[row + 1] - v ? row : row + 1;
        const double dy = (v - edges[corner_v]) * 1000.0;
        const CollectionTable& table = *borders.tables[borders.which[sensor * (kV + 1) + corner_v]];
        const double p_right_up = table(dx, dy);
        const double p_right = p_right_up + table(dx, -dy);
        const double p_but_one = p_right + table(-dx, dy);

        const std::int32_t first = below(p_right_up), second = below(p_right), third = below(p_but_one);
        const std::uint32_t* words = all_words + k * groups;
        std::int32_t right_up = 0, right = 0, but_one = 0;
        for (std::size_t g = 0; g < groups; ++g) {
            const auto word = static_cast<std::int32_t>(words[g] >> 8);
            right_up += word < first;
            right += word < second;
            but_one += word < third;
        }
        // Outside the matrix there is no gate to compete: the pixels at the edge collect everything.
        const std::uint32_t left_u = std::max(corner_u - 1, 0), right_u = std::min(corner_u, kU - 1);
        const std::uint32_t base = static_cast<std::uint32_t>(sensor) * kV;
        const std::uint32_t lower = (base + std::max(corner_v - 1, 0)) * kU;
        const std::uint32_t upper = (base + std::min(corner_v, kV - 1)) * kU;
        pixels.add(upper + right_u, charge * right_up);
        pixels.add(lower + right_u, charge * (right - right_up));
        pixels.add(upper + left_u, charge * (but_one - right));
        pixels.add(lower + left_u, charge * (static_cast<std::int32_t>(groups) - but_one));
    }
}

}  // namespace

bool groups_fit(double electrons, double path_mm, const Drift& drift) {
    const Cut pieces = cut(electrons, path_mm, drift);
    return static_cast<double>(pieces.segments) * pieces.groups <= 4.0 * (1u << 24);
}

std::vector<PixelCharge> deposit(const Passages& hits, const Drift& drift, const Borders& borders, const Key& key,
                                 std::uint32_t class_byte) {
    std::vector<PixelCharge> all;
    all.reserve(8 * hits.n);
    RowWords rows(key, class_byte);
    for (std::size_t i = 0; i < hits.n; ++i) {
        if (hits.electrons[i] > 0.0) deposit_one(hits, i, drift, borders, rows, all);
    }
    // Stable, so that charges of one pixel are added in the order of the hits.
    std::stable_sort(all.begin(), all.end(),
                     [](const PixelCharge& a, const PixelCharge& b) { return a.channel < b.channel; });
    std::size_t n = 0;
    for (const PixelCharge& entry : all) {
        if (n > 0 && all[n - 1].channel == entry.channel) {
            all[n - 1].electrons += entry.electrons;
        } else {
            all[n++] = entry;
        }
    }
    all.resize(n);
    return all;
}

}  // namespace pxdbkg
