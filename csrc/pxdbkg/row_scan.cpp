#include "pxdbkg/row_scan.hpp"

#include "pxdbkg/cpu_features.hpp"
#include "pxdbkg/digits.hpp"

#ifdef PXDBKG_HAS_AVX2_CODE
#include <immintrin.h>
#endif

namespace pxdbkg {

namespace {

std::size_t scan_adu_plain(const std::uint8_t* row, std::uint8_t threshold, std::uint32_t base, std::uint32_t* hits) {
    std::size_t n = 0;
    for (std::uint32_t v = 0; v < kRows; ++v) {
        hits[n] = base + v;
        n += static_cast<std::size_t>(row[v] >= threshold);
    }
    return n;
}

std::size_t scan_log_plain(const float* row, float edge, std::uint32_t base, std::uint32_t* hits) {
    std::size_t n = 0;
    for (std::uint32_t v = 0; v < kRows; ++v) {
        hits[n] = base + v;
        n += static_cast<std::size_t>(!(row[v] < edge));
    }
    return n;
}

#ifdef PXDBKG_HAS_AVX2_CODE

constexpr std::uint32_t kWords = kRows / 32;

// One bit a value, 24 words a row. At 1 % occupancy three words of four are empty, and most others hold one or two
// bits: a branch on each would be mispredicted too often. So the filled words are found eight at a time, and from each
// two positions are written whatever it holds; the rare third and later bits take the loop.
PXDBKG_AVX2 inline std::size_t positions_of_bits(const std::uint32_t* words, std::uint32_t base, std::uint32_t* hits) {
    constexpr std::uint32_t kGuard = 0x80000000;  // keeps the bit scan of an empty word defined
    std::uint32_t filled = 0;
    for (std::uint32_t w = 0; w < kWords; w += 8) {
        const __m256i eight = _mm256_load_si256(reinterpret_cast<const __m256i*>(words + w));
        const __m256i empty = _mm256_cmpeq_epi32(eight, _mm256_setzero_si256());
        filled |= (static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(empty))) ^ 0xff) << w;
    }
    std::size_t n = 0;
    for (; filled != 0; filled &= filled - 1) {
        const auto w = static_cast<std::uint32_t>(__builtin_ctz(filled));
        std::uint32_t bits = words[w];
        const std::uint32_t first = base + 32 * w;
        const auto count = static_cast<std::size_t>(__builtin_popcount(bits));
        hits[n] = first + static_cast<std::uint32_t>(__builtin_ctz(bits));
        bits &= bits - 1;
        hits[n + 1] = first + static_cast<std::uint32_t>(__builtin_ctz(bits | kGuard));
        bits &= bits - 1;
        if (__builtin_expect(count > 2, 0)) {
            for (std::size_t k = n + 2; bits != 0; bits &= bits - 1) {
                hits[k++] = first + static_cast<std::uint32_t>(__builtin_ctz(bits));
            }
        }
        n += count;
    }
    return n;
}

PXDBKG_AVX2 std::size_t scan_adu_avx2(const std::uint8_t* row, std::uint8_t threshold, std::uint32_t base,
                                      std::uint32_t* hits) {
    alignas(32) std::uint32_t words[kWords];
    const __m256i cut = _mm256_set1_epi8(static_cast<char>(threshold));
    for (std::uint32_t w = 0; w < kWords; ++w) {
        const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + 32 * w));
        const __m256i pass = _mm256_cmpeq_epi8(_mm256_max_epu8(values, cut), values);
        words[w] = static_cast<std::uint32_t>(_mm256_movemask_epi8(pass));
    }
    return positions_of_bits(words, base, hits);
}

PXDBKG_AVX2 inline std::uint32_t pass_eight(const float* values, __m256 cut) {
    const __m256 pass = _mm256_cmp_ps(_mm256_loadu_ps(values), cut, _CMP_NLT_UQ);
    return static_cast<std::uint32_t>(_mm256_movemask_ps(pass));
}

PXDBKG_AVX2 std::size_t scan_log_avx2(const float* row, float edge, std::uint32_t base, std::uint32_t* hits) {
    alignas(32) std::uint32_t words[kWords];
    const __m256 cut = _mm256_set1_ps(edge);
    for (std::uint32_t w = 0; w < kWords; ++w) {
        const float* values = row + 32 * w;
        words[w] = pass_eight(values, cut) | pass_eight(values + 8, cut) << 8 | pass_eight(values + 16, cut) << 16 |
                   pass_eight(values + 24, cut) << 24;
    }
    return positions_of_bits(words, base, hits);
}

#endif

}  // namespace

ScanAdu scan_adu() {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) {
        return scan_adu_avx2;
    }
#endif
    return scan_adu_plain;
}

ScanLog scan_log() {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) {
        return scan_log_avx2;
    }
#endif
    return scan_log_plain;
}

}  // namespace pxdbkg
