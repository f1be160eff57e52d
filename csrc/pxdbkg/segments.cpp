#include "pxdbkg/segments.hpp"

#include <algorithm>
#include <cmath>

#include "pxdbkg/collection_table.hpp"
#include "pxdbkg/cpu_features.hpp"
#include "pxdbkg/digits.hpp"

#ifdef PXDBKG_HAS_AVX2_CODE
#include <immintrin.h>
#endif

namespace pxdbkg {

namespace {

// The bodies of the loops, compiled twice, for AVX2 and for any machine: the same operations, so the same bytes.
#define PXDBKG_INLINE [[gnu::always_inline]] inline

PXDBKG_INLINE void place_loop(const Path& path, const Drift& drift, int start, int n, Segments& out) {
    constexpr auto columns = static_cast<std::int32_t>(kColumns);
    const double length = path.length, segments = path.segments;
    const double u0 = path.u, v0 = path.v, w0 = 1000.0 * path.w, du = path.du, dv = path.dv, dw = path.dw;
    const double pitch = drift.u_pitch, half_u = 0.5 * columns * pitch, half_w = 0.5 * drift.thickness;
    const double gate = half_w - drift.gate_depth;
    const double c0 = drift.lorentz[0], c1 = drift.lorentz[1], c2 = drift.lorentz[2];
    for (int k = 0; k < n; ++k) {
        const double s = length * ((static_cast<double>(start + k) + 0.5) / segments - 0.5);
        const double u = u0 + s * du;
        const double deep = w0 + 1000.0 * s * dw;
        const double above = deep < -half_w ? -half_w : deep;
        const double w = half_w < above ? half_w : above;
        const double z = std::fabs(gate - w) * 1e-4;               // cm
        const double shift = z * (c0 + z * (c1 + z * c2)) * 10.0;  // mm
        const double column = (u + (gate > w ? shift : -shift) + half_u) / pitch;
        const auto nearest = static_cast<std::int32_t>(column + 0.5);
        const std::int32_t positive = nearest < 0 ? 0 : nearest;
        const std::int32_t corner = columns < positive ? columns : positive;
        out.u[k] = u;
        out.v[k] = v0 + s * dv;
        out.corner_u[k] = corner;
        out.dx[k] = (column - corner) * pitch * 1000.0;
    }
}

// Largest 24-bit number m with (m + 1/2) 2^-24 < p, plus one: a word below it is a uniform number below p.
PXDBKG_INLINE std::int32_t below(double p) { return static_cast<std::int32_t>(std::clamp(p, 0.0, 1.0) * 0x1p24 + 0.5); }

PXDBKG_INLINE void limits_loop(int n, Segments& out) {
    for (int k = 0; k < n; ++k) {
        const BetweenNodes x = between_nodes(out.dx[k]), mirror_x = between_nodes(-out.dx[k]);
        const BetweenNodes y = between_nodes(out.dy[k]), mirror_y = between_nodes(-out.dy[k]);
        const double right_up = interpolate(out.table[k], x, y);
        const double right = right_up + interpolate(out.table[k], x, mirror_y);
        const double but_one = right + interpolate(out.table[k], mirror_x, y);
        out.first[k] = below(right_up);
        out.second[k] = below(right);
        out.third[k] = below(but_one);
    }
}

void count_any(const std::uint32_t* words, std::size_t groups, int n, Segments& out) {
    for (int k = 0; k < n; ++k, words += groups) {
        std::int32_t first = 0, second = 0, third = 0;
        for (std::size_t g = 0; g < groups; ++g) {
            const auto word = static_cast<std::int32_t>(words[g] >> 8);
            first += word < out.first[k];
            second += word < out.second[k];
            third += word < out.third[k];
        }
        out.first[k] = first;
        out.second[k] = second;
        out.third[k] = third;
    }
}

#ifdef PXDBKG_HAS_AVX2_CODE
PXDBKG_AVX2 void place_avx2(const Path& path, const Drift& drift, int start, int n, Segments& out) {
    place_loop(path, drift, start, n, out);
}

PXDBKG_AVX2 void limits_avx2(int n, Segments& out) { limits_loop(n, out); }

PXDBKG_AVX2 PXDBKG_INLINE int count_lanes(__m256i mask, unsigned lanes) {
    return __builtin_popcount(static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(mask))) & lanes);
}

PXDBKG_AVX2 void count_avx2(const std::uint32_t* words, std::size_t groups, int n, Segments& out) {
    for (int k = 0; k < n; ++k, words += groups) {
        const __m256i first = _mm256_set1_epi32(out.first[k]), second = _mm256_set1_epi32(out.second[k]);
        const __m256i third = _mm256_set1_epi32(out.third[k]);
        int below_first = 0, below_second = 0, below_third = 0;
        for (std::size_t g = 0; g < groups; g += 8) {
            const unsigned lanes = groups - g >= 8 ? 0xffu : (1u << (groups - g)) - 1;
            const __m256i word = _mm256_srli_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + g)), 8);
            below_first += count_lanes(_mm256_cmpgt_epi32(first, word), lanes);
            below_second += count_lanes(_mm256_cmpgt_epi32(second, word), lanes);
            below_third += count_lanes(_mm256_cmpgt_epi32(third, word), lanes);
        }
        out.first[k] = below_first;
        out.second[k] = below_second;
        out.third[k] = below_third;
    }
}
#endif

}  // namespace

void place(const Path& path, const Drift& drift, int start, int n, Segments& segments) {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) return place_avx2(path, drift, start, n, segments);
#endif
    place_loop(path, drift, start, n, segments);
}

void find_limits(int n, Segments& segments) {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) return limits_avx2(n, segments);
#endif
    limits_loop(n, segments);
}

void count_groups(const std::uint32_t* words, std::size_t groups, int n, Segments& segments) {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) return count_avx2(words, groups, n, segments);
#endif
    count_any(words, groups, n, segments);
}

}  // namespace pxdbkg
