#include "pxdbkg/laws.hpp"

#include <algorithm>
#include <cmath>

#include "pxdbkg/cpu_features.hpp"
#include "pxdbkg/quantile.hpp"

namespace pxdbkg {

namespace {

constexpr std::size_t kChunk = 256;  // blocks at a time: 4 kB of words stay in the first cache

// The bodies of the loops over words; compiled twice, for AVX2 and for any machine, with the same result since both are
// the same operations without contraction.
#define PXDBKG_INLINE [[gnu::always_inline]] inline

PXDBKG_INLINE double to_uniform(std::uint32_t word) {
    return (static_cast<double>(static_cast<std::int32_t>(word >> 8)) + 0.5) * 0x1p-24;
}

PXDBKG_INLINE void uniform_loop(const std::uint32_t* words, std::size_t n, double* out) {
    for (std::size_t i = 0; i < n; ++i) out[i] = to_uniform(words[i]);
}

// 2 m + 1 of the 24-bit number m has 25 bits in its upper half; clearing the last one rounds toward zero.
PXDBKG_INLINE void uniform_loop(const std::uint32_t* words, std::size_t n, float* out) {
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t twice = (words[i] >> 8) * 2 + 1;
        out[i] = static_cast<float>(static_cast<std::int32_t>(twice & ~(twice >> 24))) * 0x1p-25f;
    }
}

// The central ratio for all words, then the tails (15 %), gathered so that both loops vectorise. The smallest tail of a
// 24-bit number is 2^-25, for which sqrt(-log) is 4.2: the far ratio is never needed here.
template <class Real>
PXDBKG_INLINE void normal_loop(const std::uint32_t* words, std::size_t n, Real* out) {
    double tail[4 * kChunk];
    std::uint32_t where[4 * kChunk];
    std::size_t n_tail = 0;
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<Real>(quantile_central(to_uniform(words[i]) - 0.5));
    for (std::size_t i = 0; i < n; ++i) {
        const double p = to_uniform(words[i]);
        tail[n_tail] = std::min(p, 1.0 - p);
        where[n_tail] = static_cast<std::uint32_t>(i);
        n_tail += std::fabs(p - 0.5) > kCentral;
    }
    for (std::size_t i = 0; i < n_tail; ++i) tail[i] = quantile_middle(std::sqrt(-log_positive(tail[i])));
    for (std::size_t i = 0; i < n_tail; ++i) {
        const bool lower = words[where[i]] < 0x80000000u;
        out[where[i]] = static_cast<Real>(lower ? -tail[i] : tail[i]);
    }
}

struct Uniform {
    template <class Real>
    PXDBKG_INLINE static void loop(const std::uint32_t* words, std::size_t n, Real* out) {
        uniform_loop(words, n, out);
    }
};

struct Normal {
    template <class Real>
    PXDBKG_INLINE static void loop(const std::uint32_t* words, std::size_t n, Real* out) {
        normal_loop(words, n, out);
    }
};

template <class Law, class Real>
void convert_any(const std::uint32_t* words, std::size_t n, Real* out) {
    Law::loop(words, n, out);
}

#ifdef PXDBKG_HAS_AVX2_CODE
template <class Law, class Real>
PXDBKG_AVX2 void convert_avx2(const std::uint32_t* words, std::size_t n, Real* out) {
    Law::loop(words, n, out);
}
#endif

template <class Law, class Real>
void convert(const std::uint32_t* words, std::size_t n, Real* out) {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) return convert_avx2<Law>(words, n, out);
#endif
    convert_any<Law>(words, n, out);
}

// Blocks of all rows in one sequence, a chunk at a time: counters, words, then numbers.
template <class Law, class Real>
void fill(const Rows& rows, std::size_t count, Real* out) {
    const std::size_t blocks = (count + 3) / 4;
    const std::uint32_t high = rows.class_byte << 24;
    std::uint32_t c0[kChunk], c1[kChunk], words[4 * kChunk];
    std::size_t row = 0, block = 0;
    while (row < rows.n && blocks > 0) {
        std::size_t n_blocks = 0, n_words = 0;
        const std::size_t start = block;
        for (; n_blocks < kChunk && row < rows.n; ++n_blocks) {
            c0[n_blocks] = high | (rows.first_block + static_cast<std::uint32_t>(block));
            c1[n_blocks] = rows.c1(row);
            if (++block == blocks) {
                block = 0;
                ++row;
            }
        }
        philox_blocks(rows.key, c0, c1, n_blocks, words);
        if (count % 4 == 0) {
            n_words = 4 * n_blocks;
        } else {  // close the gaps that unused words of the last block of a row leave
            std::size_t at = start;
            for (std::size_t i = 0; i < n_blocks; ++i) {
                const std::size_t used = at + 1 == blocks ? count % 4 : 4;
                for (std::size_t j = 0; j < used; ++j) words[n_words + j] = words[4 * i + j];
                n_words += used;
                at = at + 1 == blocks ? 0 : at + 1;
            }
        }
        convert<Law>(words, n_words, out);
        out += n_words;
    }
}

// The blocks of one row, one after the other, for laws that reject.
class Stream {
  public:
    Stream(const Rows& rows, std::size_t row)
        : key_(rows.key), high_(rows.class_byte << 24), c1_(rows.c1(row)), block_(rows.first_block) {}

    // Two uniform numbers of 52 bits each in (0, 1); false when the row has no further block.
    bool next(double& a, double& b) {
        if (block_ >= kBlocks) return false;
        const Words block = philox(key_, high_ | block_++, c1_);
        a = uniform_of_two(block.w[0], block.w[1]);
        b = uniform_of_two(block.w[2], block.w[3]);
        return true;
    }

  private:
    Key key_;
    std::uint32_t high_, c1_, block_;
};

bool poisson_small(Stream& stream, double mean, std::int64_t& k) {
    double u = 0.0, unused = 0.0;
    if (!stream.next(u, unused)) return false;
    k = poisson_at(u, mean);
    return true;
}

// Transformed rejection with squeeze: W. Hoermann, "The transformed rejection method for generating Poisson random
// variables", Insurance: Mathematics and Economics 12 (1993) 39, algorithm PTRS.
bool poisson_large(Stream& stream, double mean, std::int64_t& k) {
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double squeeze = 0.9277 - 3.6224 / (b - 2.0);
    const double log_mean = log_positive(mean);
    double u = 0.0, v = 0.0;
    while (stream.next(u, v)) {
        u -= 0.5;
        const double us = 0.5 - std::fabs(u);
        const double x = std::floor((2.0 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= squeeze) {
            k = static_cast<std::int64_t>(x);
            return true;
        }
        if (x < 0.0 || (us < 0.013 && v > us)) continue;
        if (log_positive(v * inverse_alpha / (a / (us * us) + b)) <= x * log_mean - mean - log_factorial(x)) {
            k = static_cast<std::int64_t>(x);
            return true;
        }
    }
    return false;
}

// G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM Trans. Math. Softw. 26 (2000) 363;
// a shape below 1 by their section 6: gamma(shape + 1) U^(1 / shape).
bool gamma_draw(Stream& stream, double shape, double& value) {
    double boost = 1.0, u = 0.0, v = 0.0;
    if (shape < 1.0) {
        if (!stream.next(u, v)) return false;
        boost = exp_any(log_positive(u) / shape);
        shape += 1.0;
    }
    const double d = shape - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    while (stream.next(u, v)) {
        const double x = normal_quantile(u);
        const double root = 1.0 + c * x;
        if (root <= 0.0) continue;
        const double cube = root * root * root;
        if (log_positive(v) < 0.5 * x * x + d - d * cube + d * log_positive(cube)) {
            value = boost * d * cube;
            return true;
        }
    }
    return false;
}

}  // namespace

void fill_uniform(const Rows& rows, std::size_t count, double* out) { fill<Uniform>(rows, count, out); }
void fill_uniform(const Rows& rows, std::size_t count, float* out) { fill<Uniform>(rows, count, out); }
void fill_normal(const Rows& rows, std::size_t count, double* out) { fill<Normal>(rows, count, out); }
void fill_normal(const Rows& rows, std::size_t count, float* out) { fill<Normal>(rows, count, out); }

bool fill_poisson(const Rows& rows, const double* mean, std::int64_t* out) {
    for (std::size_t i = 0; i < rows.n; ++i) {
        Stream stream(rows, i);
        if (!(mean[i] < 10.0 ? poisson_small(stream, mean[i], out[i]) : poisson_large(stream, mean[i], out[i]))) {
            return false;
        }
    }
    return true;
}

bool fill_gamma(const Rows& rows, const double* shape, double* out) {
    for (std::size_t i = 0; i < rows.n; ++i) {
        Stream stream(rows, i);
        if (!gamma_draw(stream, shape[i], out[i])) return false;
    }
    return true;
}

double uniform_of_two(std::uint32_t upper, std::uint32_t lower) {
    const std::uint64_t word = (std::uint64_t{upper} << 32 | lower) >> 12;
    return (static_cast<double>(static_cast<std::int64_t>(word)) + 0.5) * 0x1p-52;
}

std::int64_t poisson_at(double u, double mean) {
    double term = exp_any(-mean), sum = term;
    std::int64_t k = 0;
    while (u > sum && k < 200) {  // beyond 200 nothing is left of a mean below 10
        ++k;
        term *= mean / static_cast<double>(k);
        sum += term;
    }
    return k;
}

double normal_quantile(double p) {
    const double q = p - 0.5;
    if (std::fabs(q) <= kCentral) return quantile_central(q);
    const double r = std::sqrt(-log_positive(std::min(p, 1.0 - p)));
    const double size = r <= 5.0 ? quantile_middle(r) : quantile_far(r);
    return q < 0.0 ? -size : size;
}

}  // namespace pxdbkg
