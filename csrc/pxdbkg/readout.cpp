#include "pxdbkg/readout.hpp"

#include <algorithm>
#include <cmath>

#include "pxdbkg/laws.hpp"

namespace pxdbkg {

namespace {

constexpr std::size_t kChunk = 256;  // pixels at a time

// A number that no draw of fill_poisson exceeds, for means up to kGaussianAbove; +-0 and small means below 200.
//
// Below a mean of 10 the search ends at 200. Above, transformed rejection accepts x only when log(v / alpha' / (a /
// us^2
// + b)) is at most the logarithm of the probability of x. v is at least 2^-53, and a / us^2 + b less than 1e8 for x
// within 2000 of the mean, so the left side is above -56; the right side is, by Chernoff's bound, at most
// -t^2 / (2 (mean + t / 3)) for x = mean + t. They meet at the t below, and part for good above.
double poisson_limit(double mean) {
    constexpr double exponent = 57.0;
    return std::max(mean + exponent / 3.0 + std::sqrt(exponent * exponent / 9.0 + 2.0 * exponent * mean) + 1.0, 200.0);
}

double charge_adu(double electrons, double pedestal, const Readout& readout) {
    const double total = std::floor(electrons / readout.electrons_per_adu + pedestal + 0.5);
    return std::min(total, readout.adc_max) - std::floor(pedestal + 0.5);
}

struct Chunk {
    std::uint8_t sensor[kChunk], few_sensor[kChunk];
    std::uint32_t ordinal[kChunk], few_ordinal[kChunk];
    double draws[3 * kChunk];
    double noise[kChunk], pedestal[kChunk], adu[kChunk];
    std::uint32_t few[kChunk];
    double few_mean[kChunk];
    std::int64_t few_electrons[kChunk];
};

// Charges of a chunk of pixels, ADU; what is surely below the threshold may be anything below it.
bool convert(const double* mean, std::size_t n, const Readout& readout, const Key& key, std::uint32_t class_byte,
             Chunk& c) {
    fill_normal({key, class_byte, 0, c.sensor, 1, c.ordinal, 1, n}, 3, c.draws);
    std::size_t n_few = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double* draw = c.draws + 3 * i;
        c.noise[i] = readout.noise * draw[1];
        c.pedestal[i] = std::max(readout.pedestal + readout.pedestal_rms * draw[2], 0.0);
        const bool poisson = mean[i] <= kGaussianAbove;
        // For few electrons this is first the most that the draw could give: all steps rise with the charge.
        const double electrons = poisson ? poisson_limit(mean[i]) : mean[i] + std::sqrt(mean[i]) * draw[0];
        c.adu[i] = charge_adu(electrons + c.noise[i], c.pedestal[i], readout);
        c.few[n_few] = static_cast<std::uint32_t>(i);
        n_few += poisson && c.adu[i] >= readout.threshold;
    }
    for (std::size_t k = 0; k < n_few; ++k) {
        c.few_sensor[k] = c.sensor[c.few[k]];
        c.few_ordinal[k] = c.ordinal[c.few[k]];
        c.few_mean[k] = mean[c.few[k]];
    }
    if (!fill_poisson({key, class_byte, 1, c.few_sensor, 1, c.few_ordinal, 1, n_few}, c.few_mean, c.few_electrons)) {
        return false;
    }
    for (std::size_t k = 0; k < n_few; ++k) {
        const std::uint32_t i = c.few[k];
        c.adu[i] = charge_adu(static_cast<double>(c.few_electrons[k]) + c.noise[i], c.pedestal[i], readout);
    }
    return true;
}

}  // namespace

bool read_out(const std::uint32_t* channel, const double* electrons, std::size_t n, const Readout& readout,
              const Key& key, std::uint32_t class_byte, DigitColumns& digits, Column<std::uint32_t>& kept) {
    digits.resize(n);
    kept.resize(n);
    std::size_t size = 0;
    Chunk chunk;
    for (std::size_t first = 0; first < n; first += kChunk) {
        const std::size_t count = std::min(kChunk, n - first);
        for (std::size_t i = 0; i < count; ++i) {
            chunk.sensor[i] = static_cast<std::uint8_t>(channel[first + i] / kMapSize);
            chunk.ordinal[i] = channel[first + i] % kMapSize;
        }
        if (!convert(electrons + first, count, readout, key, class_byte, chunk)) return false;
        for (std::size_t i = 0; i < count; ++i) {
            digits.sensor()[size] = chunk.sensor[i];
            digits.u()[size] = static_cast<std::uint16_t>(chunk.ordinal[i] % kColumns);
            digits.v()[size] = static_cast<std::uint16_t>(chunk.ordinal[i] / kColumns);
            digits.charge()[size] = static_cast<std::uint16_t>(std::max(chunk.adu[i], 0.0));
            kept[size] = static_cast<std::uint32_t>(first + i);
            size += chunk.adu[i] >= readout.threshold;
        }
    }
    digits.resize(size);
    kept.resize(size);
    return true;
}

}  // namespace pxdbkg
