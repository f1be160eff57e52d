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

void limits_any(int n, Segments& out) {
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

PXDBKG_INLINE void share_out(std::int32_t first, std::int32_t second, std::int32_t third, std::int32_t all, int k,
                             Segments& out) {
    const std::int32_t groups[] = {first, second - first, third - second, all - third};
    std::uint32_t touched = 0;
    for (int slot = 0; slot < 4; ++slot) {
        out.groups[4 * k + slot] = groups[slot];
        touched |= std::uint32_t{groups[slot] != 0} << slot;
    }
    out.touched[k] = touched;
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
        share_out(first, second, third, static_cast<std::int32_t>(groups), k, out);
    }
}

#ifdef PXDBKG_HAS_AVX2_CODE
PXDBKG_AVX2 void place_avx2(const Path& path, const Drift& drift, int start, int n, Segments& out) {
    place_loop(path, drift, start, n, out);
}

// between_nodes, interpolate and below for four segments.
struct FourBetweenNodes {
    __m128i node;
    __m256d rest;
};

PXDBKG_AVX2 PXDBKG_INLINE FourBetweenNodes four_between_nodes(__m256d distance) {
    const __m256d from_first = _mm256_add_pd(distance, _mm256_set1_pd(CollectionTable::kHalf - 0.5));
    const __m256d x =
        _mm256_min_pd(_mm256_max_pd(from_first, _mm256_setzero_pd()), _mm256_set1_pd(CollectionTable::kSize - 1.001));
    const __m128i node = _mm256_cvttpd_epi32(x);
    return {node, _mm256_sub_pd(x, _mm256_cvtepi32_pd(node))};
}

// The value at a node and the one after it, of four tables, as (values, next values).
struct FourPairs {
    __m256d here, next;
};

PXDBKG_AVX2 PXDBKG_INLINE FourPairs four_pairs(const double* a, const double* b, const double* c, const double* d) {
    const __m256d even = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(a)), _mm_loadu_pd(c), 1);
    const __m256d odd = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(b)), _mm_loadu_pd(d), 1);
    return {_mm256_unpacklo_pd(even, odd), _mm256_unpackhi_pd(even, odd)};
}

PXDBKG_AVX2 PXDBKG_INLINE __m256d mix(const FourPairs& values, __m256d rest, __m256d other) {
    return _mm256_add_pd(_mm256_mul_pd(other, values.here), _mm256_mul_pd(rest, values.next));
}

PXDBKG_AVX2 PXDBKG_INLINE __m256d four_interpolate(const double* const* table, const FourBetweenNodes& x,
                                                   const FourBetweenNodes& y) {
    constexpr int row = CollectionTable::kSize;
    alignas(16) std::int32_t at[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(at),
                    _mm_add_epi32(_mm_mullo_epi32(x.node, _mm_set1_epi32(row)), y.node));
    const double *a = table[0] + at[0], *b = table[1] + at[1], *c = table[2] + at[2], *d = table[3] + at[3];
    const __m256d one = _mm256_set1_pd(1.0), other = _mm256_sub_pd(one, y.rest);
    const __m256d low = mix(four_pairs(a, b, c, d), y.rest, other);
    const __m256d high = mix(four_pairs(a + row, b + row, c + row, d + row), y.rest, other);
    return mix({low, high}, x.rest, _mm256_sub_pd(one, x.rest));
}

PXDBKG_AVX2 PXDBKG_INLINE void store_below(__m256d p, std::int32_t* out) {
    const __m256d clamped = _mm256_min_pd(_mm256_max_pd(p, _mm256_setzero_pd()), _mm256_set1_pd(1.0));
    const __m256d scaled = _mm256_add_pd(_mm256_mul_pd(clamped, _mm256_set1_pd(0x1p24)), _mm256_set1_pd(0.5));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_cvttpd_epi32(scaled));
}

// Up to three segments after the last one are worked out too, from whatever is there.
PXDBKG_AVX2 void limits_avx2(int n, Segments& out) {
    const __m256d sign = _mm256_set1_pd(-0.0);
    for (int k = 0; k < n; k += 4) {
        const __m256d dx = _mm256_loadu_pd(out.dx + k), dy = _mm256_loadu_pd(out.dy + k);
        const FourBetweenNodes x = four_between_nodes(dx), y = four_between_nodes(dy);
        const FourBetweenNodes mirror_x = four_between_nodes(_mm256_xor_pd(dx, sign));
        const FourBetweenNodes mirror_y = four_between_nodes(_mm256_xor_pd(dy, sign));
        const __m256d right_up = four_interpolate(out.table + k, x, y);
        const __m256d right = _mm256_add_pd(right_up, four_interpolate(out.table + k, x, mirror_y));
        const __m256d but_one = _mm256_add_pd(right, four_interpolate(out.table + k, mirror_x, y));
        store_below(right_up, out.first + k);
        store_below(right, out.second + k);
        store_below(but_one, out.third + k);
    }
}

PXDBKG_AVX2 PXDBKG_INLINE int count_lanes(__m256i mask, unsigned lanes) {
    return __builtin_popcount(static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(mask))) & lanes);
}

// GCC 12 takes this function for one without effect and drops the call, unless it may know nothing about it.
PXDBKG_AVX2 [[gnu::noipa]] void count_avx2(const std::uint32_t* words, std::size_t groups, int n, Segments& out) {
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
        const __m128i upper = _mm_setr_epi32(below_first, below_second, below_third, static_cast<int>(groups));
        const __m128i lower = _mm_slli_si128(upper, 4);
        const __m128i each = _mm_sub_epi32(upper, lower);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out.groups + 4 * k), each);
        const __m128i none = _mm_cmpeq_epi32(each, _mm_setzero_si128());
        out.touched[k] = static_cast<std::uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(none))) ^ 0xfu;
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
    limits_any(n, segments);
}

void count_groups(const std::uint32_t* words, std::size_t groups, int n, Segments& segments) {
#ifdef PXDBKG_HAS_AVX2_CODE
    if (use_avx2()) return count_avx2(words, groups, n, segments);
#endif
    count_any(words, groups, n, segments);
}

}  // namespace pxdbkg
