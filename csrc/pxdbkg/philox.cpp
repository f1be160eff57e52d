#include "pxdbkg/philox.hpp"

#include "pxdbkg/cpu_features.hpp"

#ifdef PXDBKG_HAS_AVX2_CODE
#include <immintrin.h>
#endif

namespace pxdbkg {

namespace {

// Multipliers and key increments of the paper.
constexpr std::uint32_t kM0 = 0xD2511F53u, kM1 = 0xCD9E8D57u;
constexpr std::uint32_t kW0 = 0x9E3779B9u, kW1 = 0xBB67AE85u;
constexpr int kRounds = 10;

Words rounds(std::uint32_t k0, std::uint32_t k1, std::uint32_t c0, std::uint32_t c1, std::uint32_t c2,
             std::uint32_t c3) {
    for (int round = 0; round < kRounds; ++round) {
        const std::uint64_t p0 = std::uint64_t{kM0} * c0;
        const std::uint64_t p1 = std::uint64_t{kM1} * c2;
        c0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
        c1 = static_cast<std::uint32_t>(p1);
        c2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c3 = static_cast<std::uint32_t>(p0);
        k0 += kW0;
        k1 += kW1;
    }
    return {{c0, c1, c2, c3}};
}

#ifdef PXDBKG_HAS_AVX2_CODE

// Four counters, each word in the low half of a 64-bit lane: the product of two low halves is then one instruction and
// needs no shuffling; what gathers in the high halves is never read.
struct Quad {
    __m256i c0, c1, c2, c3;
};

PXDBKG_AVX2 [[gnu::always_inline]] inline void round_quad(Quad& x, __m256i k0, __m256i k1) {
    const __m256i p0 = _mm256_mul_epu32(x.c0, _mm256_set1_epi64x(kM0));
    const __m256i p1 = _mm256_mul_epu32(x.c2, _mm256_set1_epi64x(kM1));
    x.c0 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), k0), x.c1);
    x.c2 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), k1), x.c3);
    x.c1 = p1;
    x.c3 = p0;
}

PXDBKG_AVX2 [[gnu::always_inline]] inline Quad load_quad(const Key& key, const std::uint32_t* c0,
                                                         const std::uint32_t* c1) {
    return {_mm256_cvtepu32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(c0))),
            _mm256_cvtepu32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(c1))), _mm256_set1_epi64x(key.c2),
            _mm256_set1_epi64x(key.c3)};
}

PXDBKG_AVX2 [[gnu::always_inline]] inline void store_quad(const Quad& x, std::uint32_t* words) {
    const __m256i low = _mm256_blend_epi32(x.c0, _mm256_slli_epi64(x.c1, 32), 0xAA);
    const __m256i high = _mm256_blend_epi32(x.c2, _mm256_slli_epi64(x.c3, 32), 0xAA);
    const __m256i even = _mm256_unpacklo_epi64(low, high);  // blocks 0 and 2
    const __m256i odd = _mm256_unpackhi_epi64(low, high);   // blocks 1 and 3
    auto* out = reinterpret_cast<__m256i*>(words);
    _mm256_storeu_si256(out, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

// Eight counters a turn; returns how many were done.
PXDBKG_AVX2 std::size_t blocks_avx2(const Key& key, const std::uint32_t* c0, const std::uint32_t* c1, std::size_t n,
                                    std::uint32_t* words) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        Quad a = load_quad(key, c0 + i, c1 + i);
        Quad b = load_quad(key, c0 + i + 4, c1 + i + 4);
        std::uint32_t k0 = key.k0, k1 = key.k1;
        for (int round = 0; round < kRounds; ++round) {
            const __m256i key0 = _mm256_set1_epi64x(k0), key1 = _mm256_set1_epi64x(k1);
            round_quad(a, key0, key1);
            round_quad(b, key0, key1);
            k0 += kW0;
            k1 += kW1;
        }
        store_quad(a, words + 4 * i);
        store_quad(b, words + 4 * i + 16);
    }
    return i;
}

#endif

}  // namespace

Words philox(const Key& key, std::uint32_t c0, std::uint32_t c1) {
    return rounds(key.k0, key.k1, c0, c1, key.c2, key.c3);
}

void philox_blocks(const Key& key, const std::uint32_t* c0, const std::uint32_t* c1, std::size_t n,
                   std::uint32_t* words) {
    std::size_t done = 0;
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) done = blocks_avx2(key, c0, c1, n, words);
#endif
    for (std::size_t i = done; i < n; ++i) {
        const Words block = philox(key, c0[i], c1[i]);
        for (std::size_t j = 0; j < 4; ++j) words[4 * i + j] = block.w[j];
    }
}

void philox_counters(std::uint32_t k0, std::uint32_t k1, const std::uint32_t* counters, std::size_t n,
                     std::uint32_t* words) {
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t* c = counters + 4 * i;
        const Words block = rounds(k0, k1, c[0], c[1], c[2], c[3]);
        for (std::size_t j = 0; j < 4; ++j) words[4 * i + j] = block.w[j];
    }
}

}  // namespace pxdbkg
