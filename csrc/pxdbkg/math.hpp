// Logarithm and exponential from + - * / and bits only, so that they have the same value on every x86-64 machine.
//
// A C library may round its own differently from one version or processor to the next. Both are series, good to about
// 1.5 units in the last place, and free of branches where that matters, so that loops over them vectorise.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace pxdbkg {

inline std::uint64_t bits_of(double x) {
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

inline double from_bits(std::uint64_t bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

// ln 2 in two parts; the first has so few bits that a product with a binary exponent is exact.
constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// Natural logarithm of a positive, normal, finite number.
//
// x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172: the terms up to
// s^23 of the series leave less than 1e-18.
inline double log_positive(double x) {
    constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdu;
    const std::uint64_t bits = bits_of(x);
    const std::uint64_t biased = (bits + (0x3ff0000000000000u - sqrt_half)) >> 52;  // k + 1023
    const double m = from_bits(bits - (biased << 52) + 0x3ff0000000000000u);
    const double k = from_bits(biased | 0x4330000000000000u) - (0x1p52 + 1023.0);  // integer to double by bits
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    double series = 2.0 / 23.0;
    series = series * z + 2.0 / 21.0;
    series = series * z + 2.0 / 19.0;
    series = series * z + 2.0 / 17.0;
    series = series * z + 2.0 / 15.0;
    series = series * z + 2.0 / 13.0;
    series = series * z + 2.0 / 11.0;
    series = series * z + 2.0 / 9.0;
    series = series * z + 2.0 / 7.0;
    series = series * z + 2.0 / 5.0;
    series = series * z + 2.0 / 3.0;
    return k * kLn2High + (2.0 * s + (s * z * series + k * kLn2Low));
}

// Exponential; 0 below and infinity above the range of a double.
//
// x = k ln 2 + r with |r| < 0.347; the Taylor series to r^13 leaves 4e-18.
inline double exp_any(double x) {
    if (!(x > -745.2)) return x != x ? x : 0.0;
    if (x > 709.8) return std::numeric_limits<double>::infinity();
    constexpr double per_ln2 = 0x1.71547652b82fep+0;
    const double scaled = x * per_ln2;
    const auto k = static_cast<std::int64_t>(scaled + (scaled < 0.0 ? -0.5 : 0.5));
    const double kd = static_cast<double>(k);
    const double r = (x - kd * kLn2High) - kd * kLn2Low;
    double series = 1.0 / 6227020800.0;
    series = series * r + 1.0 / 479001600.0;
    series = series * r + 1.0 / 39916800.0;
    series = series * r + 1.0 / 3628800.0;
    series = series * r + 1.0 / 362880.0;
    series = series * r + 1.0 / 40320.0;
    series = series * r + 1.0 / 5040.0;
    series = series * r + 1.0 / 720.0;
    series = series * r + 1.0 / 120.0;
    series = series * r + 1.0 / 24.0;
    series = series * r + 1.0 / 6.0;
    series = series * r + 0.5;
    const double value = 1.0 + (r + r * r * series);
    // Two factors, since 2^k alone may not be a normal number at the ends of the range.
    const std::int64_t half = k / 2;
    const double first = from_bits(static_cast<std::uint64_t>(half + 1023) << 52);
    const double second = from_bits(static_cast<std::uint64_t>(k - half + 1023) << 52);
    return value * first * second;
}

// log(k!) for a whole number k >= 0: the product below 16, Stirling's series (Abramowitz and Stegun 6.1.41) above,
// where the first term left out is below 1e-14.
inline double log_factorial(double k) {
    if (k < 16.0) {
        double product = 1.0;
        for (double i = 2.0; i <= k; i += 1.0) product *= i;
        return log_positive(product);
    }
    constexpr double half_log_two_pi = 0.91893853320467274178;
    const double x = k + 1.0;
    const double y = 1.0 / (x * x);
    const double series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0)))) / x;
    return (x - 0.5) * log_positive(x) - x + half_log_two_pi + series;
}

}  // namespace pxdbkg
