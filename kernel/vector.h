// Vectors of float32: one type `vf` of VW lanes and the few operations the kernel needs, per instruction set.
//
// Every operation is exactly rounded (IEEE 754), and `fma` rounds once, so AVX-512, AVX2 and NEON give the same bits.
// WebAssembly's relaxed SIMD may fuse or not, as the processor likes; where it does (the host asks `isFused`), it gives the
// same bits too. Plain WebAssembly SIMD has no fused multiply-add: there `fma` rounds twice, and its bits are its own.
// `dropBelow` turns what is smaller in magnitude into zero and keeps a NaN.
// The build turns contraction off (-ffp-contract=off), so that no compiler fuses anything by itself.
#pragma once

#include <stdint.h>

#if defined(LSTM_AVX512) || defined(LSTM_AVX2)
#include <immintrin.h>
#elif defined(LSTM_NEON)
#include <arm_neon.h>
#endif

namespace lstm {
namespace LSTM_VARIANT {

#define LSTM_INLINE static inline __attribute__((always_inline))

// Loops over a tile must vanish, or its sums live in memory.
#if defined(__clang__)
#define LSTM_UNROLL _Pragma("clang loop unroll(full)")
#define LSTM_UNROLL_DEPTH _Pragma("clang loop unroll(disable)")
#else
#define LSTM_UNROLL _Pragma("GCC unroll 16")
#define LSTM_UNROLL_DEPTH _Pragma("GCC unroll 4")
#endif

#if defined(LSTM_AVX512)

constexpr char NAME[] = "avx512";
constexpr int PEAK_CHAINS = 16;
constexpr int VW = 16;
constexpr int TILE_VECTORS = 2;
constexpr int TILE_ROWS = 14;
typedef __m512 vf;
LSTM_INLINE vf load(const float* p) { return _mm512_loadu_ps(p); }
LSTM_INLINE void store(float* p, vf v) { _mm512_storeu_ps(p, v); }
LSTM_INLINE vf splat(float x) { return _mm512_set1_ps(x); }
LSTM_INLINE vf fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
LSTM_INLINE vf fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
LSTM_INLINE vf squareRoot(vf a) { return _mm512_sqrt_ps(a); }
// A NaN in `x` survives both: the second operand is what the instruction returns then.
LSTM_INLINE vf atMost(vf x, vf bound) { return _mm512_min_ps(bound, x); }
LSTM_INLINE vf atLeast(vf x, vf bound) { return _mm512_max_ps(bound, x); }
LSTM_INLINE vf dropBelow(vf x, vf least) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(x), least, _CMP_NLT_UQ), x);
}

#elif defined(LSTM_AVX2)

constexpr char NAME[] = "avx2";
constexpr int PEAK_CHAINS = 12;
constexpr int VW = 8;
constexpr int TILE_VECTORS = 2;
constexpr int TILE_ROWS = 6;
typedef __m256 vf;
LSTM_INLINE vf load(const float* p) { return _mm256_loadu_ps(p); }
LSTM_INLINE void store(float* p, vf v) { _mm256_storeu_ps(p, v); }
LSTM_INLINE vf splat(float x) { return _mm256_set1_ps(x); }
LSTM_INLINE vf fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
LSTM_INLINE vf fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
LSTM_INLINE vf squareRoot(vf a) { return _mm256_sqrt_ps(a); }
LSTM_INLINE vf atMost(vf x, vf bound) { return _mm256_min_ps(bound, x); }
LSTM_INLINE vf atLeast(vf x, vf bound) { return _mm256_max_ps(bound, x); }
LSTM_INLINE vf dropBelow(vf x, vf least) {
  const vf magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
  return _mm256_and_ps(x, _mm256_cmp_ps(magnitude, least, _CMP_NLT_UQ));
}

#elif defined(LSTM_NEON)

constexpr char NAME[] = "neon";
constexpr int PEAK_CHAINS = 16;
constexpr int VW = 4;
constexpr int TILE_VECTORS = 4;
constexpr int TILE_ROWS = 6;
typedef float32x4_t vf;
LSTM_INLINE vf load(const float* p) { return vld1q_f32(p); }
LSTM_INLINE void store(float* p, vf v) { vst1q_f32(p, v); }
LSTM_INLINE vf splat(float x) { return vdupq_n_f32(x); }
LSTM_INLINE vf fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
LSTM_INLINE vf fnma(vf a, vf b, vf c) { return vfmsq_f32(c, a, b); }
LSTM_INLINE vf squareRoot(vf a) { return vsqrtq_f32(a); }
LSTM_INLINE vf atMost(vf x, vf bound) { return vminq_f32(bound, x); }
LSTM_INLINE vf atLeast(vf x, vf bound) { return vmaxq_f32(bound, x); }
LSTM_INLINE vf dropBelow(vf x, vf least) {
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(x), vcltq_f32(vabsq_f32(x), least)));
}

#elif defined(LSTM_WASM)

constexpr char NAME[] = "wasm";
constexpr int PEAK_CHAINS = 12;
constexpr int VW = 4;
constexpr int TILE_VECTORS = 4;
constexpr int TILE_ROWS = 2;
typedef float vf __attribute__((vector_size(16)));
typedef float unaligned_vf __attribute__((vector_size(16), aligned(4), may_alias));
LSTM_INLINE vf load(const float* p) { return *(const unaligned_vf*)p; }
LSTM_INLINE void store(float* p, vf v) { *(unaligned_vf*)p = v; }
LSTM_INLINE vf splat(float x) { return (vf){x, x, x, x}; }
#if defined(__wasm_relaxed_simd__)
LSTM_INLINE vf fma(vf a, vf b, vf c) { return __builtin_wasm_relaxed_madd_f32x4(a, b, c); }
LSTM_INLINE vf fnma(vf a, vf b, vf c) { return __builtin_wasm_relaxed_nmadd_f32x4(a, b, c); }
#else
LSTM_INLINE vf fma(vf a, vf b, vf c) { return c + a * b; }
LSTM_INLINE vf fnma(vf a, vf b, vf c) { return c - a * b; }
#endif
LSTM_INLINE vf squareRoot(vf a) { return __builtin_wasm_sqrt_f32x4(a); }
// pmin(x, b) is b < x ? b : x, so a NaN survives; the plain minimum costs several instructions on x86.
LSTM_INLINE vf atMost(vf x, vf bound) { return __builtin_wasm_pmin_f32x4(x, bound); }
LSTM_INLINE vf atLeast(vf x, vf bound) { return __builtin_wasm_pmax_f32x4(x, bound); }
LSTM_INLINE vf dropBelow(vf x, vf least) {
  typedef int vi __attribute__((vector_size(16)));
  const vf magnitude = (vf)((vi)x & 0x7fffffff);
  return (vf)((vi)x & ~(vi)(magnitude < least));
}

#else
#error "define one of LSTM_AVX512, LSTM_AVX2, LSTM_NEON, LSTM_WASM"
#endif

/** Columns of one packed panel: the width of a register tile. */
constexpr int PANEL = TILE_VECTORS * VW;

}  // namespace LSTM_VARIANT
}  // namespace lstm
