// Sine, cosine and arc tangent from + - * / only, so that they have the same value on every x86-64 machine.
#pragma once

#include <cmath>
#include <cstdint>

#include "pxdbkg/math.hpp"

namespace pxdbkg {

constexpr double kPi = 3.14159265358979323846;

struct SinCos {
    double sin, cos;
};

// Largest magnitude of an angle for which sincos holds, radian.
constexpr double kMaxAngle = 1e6;

// Sine and cosine of |x| <= kMaxAngle; absolute error below 2e-16.
//
// x = k pi/2 + r with |r| <= pi/4. pi/2 comes in three parts; the first two have 33 bits, so that their products with k
// (below 2^20) are exact. The Taylor series to r^17 and r^16 leave less than 3e-18.
inline SinCos sincos(double x) {
    constexpr double per_half_pi = 0x1.45f306dc9c883p-1;
    constexpr double high = 0x1.921fb544p+0, middle = 0x1.0b4611a6p-34, low = 0x1.3198a2e037073p-69;
    const double scaled = x * per_half_pi;
    const auto k = static_cast<std::int64_t>(scaled + (scaled < 0.0 ? -0.5 : 0.5));
    const double kd = static_cast<double>(k);
    const double r = ((x - kd * high) - kd * middle) - kd * low;
    const double z = r * r;
    double s = 1.0 / 355687428096000.0;
    s = s * z - 1.0 / 1307674368000.0;
    s = s * z + 1.0 / 6227020800.0;
    s = s * z - 1.0 / 39916800.0;
    s = s * z + 1.0 / 362880.0;
    s = s * z - 1.0 / 5040.0;
    s = s * z + 1.0 / 120.0;
    s = s * z - 1.0 / 6.0;
    s = r + r * z * s;
    double c = 1.0 / 20922789888000.0;
    c = c * z - 1.0 / 87178291200.0;
    c = c * z + 1.0 / 479001600.0;
    c = c * z - 1.0 / 3628800.0;
    c = c * z + 1.0 / 40320.0;
    c = c * z - 1.0 / 720.0;
    c = c * z + 1.0 / 24.0;
    c = c * z - 0.5;
    c = 1.0 + z * c;
    const bool swap = (k & 1) != 0;
    const double sine = swap ? c : s, cosine = swap ? s : c;
    return {(k & 2) != 0 ? -sine : sine, ((k + 1) & 2) != 0 ? -cosine : cosine};
}

// Angle of the finite vector (x, y), -pi to pi; 0 for a vector of length 0; error below 1e-15.
//
// The smaller over the larger component is tan(atan(k/4) + rest), k = 0..4, so that the series of the rest, of at most
// 1/7, ends at its 19th power.
inline double atan2(double y, double x) {
    constexpr double atan_quarters[5] = {0.0, 0.24497866312686415417, 0.46364760900080611621, 0.64350110879328438680,
                                         0.78539816339744830962};
    const double ax = std::fabs(x), ay = std::fabs(y);
    const bool steep = ay > ax;
    const double large = steep ? ay : ax, small = steep ? ax : ay;
    if (large == 0.0) return 0.0;
    const int k = static_cast<int>(4.0 * (small / large) + 0.5);
    const double c = 0.25 * k;
    const double t = (small - c * large) / (large + c * small);
    const double z = t * t;
    double series = -1.0 / 19.0;
    series = series * z + 1.0 / 17.0;
    series = series * z - 1.0 / 15.0;
    series = series * z + 1.0 / 13.0;
    series = series * z - 1.0 / 11.0;
    series = series * z + 1.0 / 9.0;
    series = series * z - 1.0 / 7.0;
    series = series * z + 1.0 / 5.0;
    series = series * z - 1.0 / 3.0;
    double angle = atan_quarters[k] + (t + t * z * series);
    if (steep) angle = 0.5 * kPi - angle;
    if (x < 0.0) angle = kPi - angle;
    return y < 0.0 ? -angle : angle;
}

}  // namespace pxdbkg
