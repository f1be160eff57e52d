#include "pxdbkg/collection_table.hpp"

#include <algorithm>
#include <cmath>

#include "pxdbkg/math.hpp"

namespace pxdbkg {

namespace {

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

}  // namespace pxdbkg
