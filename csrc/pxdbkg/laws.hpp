// Draws of the uniform, normal, Poisson and gamma laws for rows of counters.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pxdbkg/philox.hpp"

namespace pxdbkg {

// Where the counters of a call are: row i has c0 = class_byte << 24 | block and c1 = sensor << 24 | ordinal. A stride
// of 0 repeats one value.
struct Rows {
    Key key;
    std::uint32_t class_byte;
    std::uint32_t first_block;
    const std::uint8_t* sensor;
    std::size_t sensor_stride;
    const std::uint32_t* ordinal;
    std::size_t ordinal_stride;
    std::size_t n;

    std::uint32_t c1(std::size_t row) const {
        return std::uint32_t{sensor[row * sensor_stride]} << 24 | ordinal[row * ordinal_stride];
    }
};

constexpr std::uint32_t kMaxOrdinal = (1u << 24) - 1;
constexpr std::uint32_t kBlocks = 1u << 24;  // blocks of one row

// out (n, count). Word j of a row is word j % 4 of block first_block + j / 4; the caller has checked that all exist.
// uniform: ((w >> 8) + 0.5) 2^-24; single precision rounds toward zero and so stays below 1.
// normal: the inverse of the cumulative law at that number.
void fill_uniform(const Rows& rows, std::size_t count, double* out);
void fill_uniform(const Rows& rows, std::size_t count, float* out);
void fill_normal(const Rows& rows, std::size_t count, double* out);
void fill_normal(const Rows& rows, std::size_t count, float* out);

// One draw a row, each from as many blocks as it takes. False when a row runs out of blocks.
bool fill_poisson(const Rows& rows, const double* mean, std::int64_t* out);
bool fill_gamma(const Rows& rows, const double* shape, double* out);

// The Poisson number of a mean below 10 at a uniform number u, by sequential search of the inverse of the law; poisson
// takes u from the first two words of a row's first block.
std::int64_t poisson_at(double u, double mean);
double uniform_of_two(std::uint32_t upper, std::uint32_t lower);  // 52 bits, in (0, 1)

// Value below which a standard normal number lies with probability p, 0 < p < 1; relative error about 1e-15.
double normal_quantile(double p);

}  // namespace pxdbkg
