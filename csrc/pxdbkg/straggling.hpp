// Random energy loss of singly charged particles in thin silicon; the law is described in pxdbkg/kernels/straggling.py.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/laws.hpp"

namespace pxdbkg {

// Blocks of four words of one loss: Poisson, four of uniform numbers, normal.
constexpr std::uint32_t kLossBlocks = 6;

// Full width, width of the Gaussian and maximum of a Landau law of scale 1 folded with a Gaussian: rows of three.
constexpr std::size_t kFoldedRows = 17;
extern const double kFolded[kFoldedRows][3];

// Of fast particles (beta = 1) over a path, um; keV.
double most_probable_loss(double path_um);
double loss_width(double path_um);

// Single collisions that a loss had, the larger ones: at most kMostCollisions, and room for the
// end of the particle.
constexpr int kMostCollisions = 16;
struct KnockOns {
    int n = 0;
    double kev[kMostCollisions + 1];
    double at[kMostCollisions + 1];  // where on the path, 0..1
};

// Most probable loss in units of that of fast particles times 1 / beta^2: 8 % less at the minimum, beta gamma 3.5 and
// below, 1 from beta gamma 200 on, linear in the logarithm between. (Landau, Vavilov, Bichsel: the rise in thin
// silicon.)
double relativistic_rise(double per_beta2);

// Knock-on electrons with more energy, keV, leave silicon that the particle crosses on such a path.
double escaping_kev(double path_um);

// A loss, keV, over a path above 0, um, of a particle with 1 / beta^2 = per_beta2; knock-on electrons above
// max_transfer, keV, do not count. Those above knock_on_kev are listed, if asked for. words: 4 * kLossBlocks random
// words.
double draw_loss(double path_um, double per_beta2, double max_transfer, const std::uint32_t* words,
                 double knock_on_kev = 0.0, KnockOns* knock_ons = nullptr);

// Losses of fast particles, one a row of counters, from its first kLossBlocks blocks.
void fill_losses(const Rows& rows, const double* path_um, double* out);

}  // namespace pxdbkg
