#include "pxdbkg/straggling.hpp"

#include <algorithm>
#include <cmath>

#include "pxdbkg/math.hpp"

namespace pxdbkg {

// By numerical folding of scipy.stats.landau.
const double kFolded[kFoldedRows][3] = {
    {4.018, 0.0, -0.2228}, {4.07, 0.25, -0.1809}, {4.25, 0.5, -0.0949}, {4.54, 0.75, 0.0214}, {4.92, 1.0, 0.1457},
    {5.35, 1.25, 0.2667},  {5.82, 1.5, 0.3799},   {6.32, 1.75, 0.4845}, {6.84, 2.0, 0.5809},  {7.37, 2.25, 0.6699},
    {7.93, 2.5, 0.7523},   {8.48, 2.75, 0.8289},  {9.04, 3.0, 0.9004},  {9.60, 3.25, 0.9673}, {10.17, 3.5, 1.0302},
    {10.74, 3.75, 1.0895}, {11.32, 4.0, 1.1456},
};

namespace {

constexpr double kXiKevUm = 0.01783;
constexpr double kSoft = 0.25;  // border between single and summed collisions, in units of xi
constexpr double kEuler = 0.5772156649015329;

struct Shape {
    double sigma, mode;
};

// Linear between the rows of the table, constant beyond its ends.
Shape folded_shape(double width) {
    if (width <= kFolded[0][0]) return {kFolded[0][1], kFolded[0][2]};
    if (width >= kFolded[kFoldedRows - 1][0]) return {kFolded[kFoldedRows - 1][1], kFolded[kFoldedRows - 1][2]};
    std::size_t i = 0;
    while (kFolded[i + 1][0] <= width) ++i;
    const double* low = kFolded[i];
    const double* high = kFolded[i + 1];
    const double step = high[0] - low[0], over = width - low[0];
    return {(high[1] - low[1]) / step * over + low[1], (high[2] - low[2]) / step * over + low[2]};
}

double uniform(std::uint32_t word) { return (static_cast<double>(word >> 8) + 0.5) * 0x1p-24; }

}  // namespace

double most_probable_loss(double path_um) {
    const double log = log_positive(std::max(path_um, 13.0));
    return (path_um < 110.0 ? path_um * (190.0 + 16.3 * log) : path_um * (100.6 + 35.35 * log)) / 1000.0;
}

double loss_width(double path_um) {
    const double log = log_positive(std::max(path_um, 30.0));
    if (path_um < 260.0) return path_um * (259.0 - 28.4 * log) / 1000.0;
    return 71.3 * path_um * (1.0 + 39.4 * exp_any(-0.8 * log)) / 1000.0;
}

double relativistic_rise(double per_beta2) {
    constexpr double lowest = 3.5 * 3.5, highest = 200.0 * 200.0;  // (beta gamma)^2
    const double beta_gamma2 = 1.0 / std::max(per_beta2 - 1.0, 1.0 / highest);
    static const double range = log_positive(highest / lowest);
    const double below = log_positive(highest / std::clamp(beta_gamma2, lowest, highest)) / range;
    return 1.0 - 0.08 * below;
}

double escaping_kev(double path_um) { return 115.0 * exp_any(0.6 * log_positive(path_um / 75.0)); }

double draw_loss(double path_um, double per_beta2, double max_transfer, const std::uint32_t* words, double knock_on_kev,
                 KnockOns* knock_ons) {
    static const double log_soft = log_positive(kSoft);
    const double fast_xi = kXiKevUm * path_um;
    const double xi = fast_xi * per_beta2;
    const double cut = max_transfer / xi;
    const double rest = std::min(kSoft / cut, 1.0);
    const auto collisions = poisson_at(uniform_of_two(words[0], words[1]), (1.0 - rest) / kSoft);
    double single = 0.0;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(collisions, kMostCollisions); ++i) {
        const std::uint32_t word = words[4 + i];
        const double collision = kSoft / (1.0 - uniform(word) * (1.0 - rest));
        single += collision;
        if (knock_ons != nullptr && collision * xi > knock_on_kev) {
            // The eight bits that the size has left over say where it was.
            knock_ons->kev[knock_ons->n] = collision * xi;
            knock_ons->at[knock_ons->n++] = ((word & 0xffu) + 0.5) / 256.0;
        }
    }
    const double gauss = normal_quantile(uniform(words[20]));
    const double landau = single + log_soft - (1.0 - kEuler);
    const Shape shape = folded_shape(loss_width(path_um) / fast_xi);
    const double folded = landau + gauss * std::sqrt(shape.sigma * shape.sigma + kSoft) - shape.mode;
    return std::max(most_probable_loss(path_um) * relativistic_rise(per_beta2) * per_beta2 + xi * folded, 0.0);
}

void fill_losses(const Rows& rows, const double* path_um, double* out) {
    constexpr std::size_t chunk = 32;  // rows at a time
    std::uint32_t c0[chunk * kLossBlocks], c1[chunk * kLossBlocks], words[4 * chunk * kLossBlocks];
    for (std::size_t first = 0; first < rows.n; first += chunk) {
        const std::size_t n = std::min(chunk, rows.n - first);
        for (std::size_t i = 0; i < n * kLossBlocks; ++i) {
            c0[i] = rows.class_byte << 24 | (rows.first_block + static_cast<std::uint32_t>(i % kLossBlocks));
            c1[i] = rows.c1(first + i / kLossBlocks);
        }
        philox_blocks(rows.key, c0, c1, n * kLossBlocks, words);
        for (std::size_t i = 0; i < n; ++i) {
            out[first + i] =
                draw_loss(path_um[first + i], 1.0, escaping_kev(path_um[first + i]), words + 4 * kLossBlocks * i);
        }
    }
}

}  // namespace pxdbkg
