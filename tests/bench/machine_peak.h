#pragma once
// The arithmetic peak of this machine, measured: the rate of independent fused multiply-adds in
// registers, without memory accesses.

#include <immintrin.h>
#include <time.h>

#include <algorithm>

#include "tensor/clock.h"
#include "tensor/cpu/instruction_set.h"
#include "tensor/parallel.h"

namespace siam {

// Twelve chains: two units with a latency of four to six cycles need that many in flight. The
// compiler must see them as different: it merges chains with equal starts into one, whose rate is
// bound by latency.
constexpr int kChains = 12;
constexpr int64_t kRounds = 20'000'000;
constexpr int64_t kTileRounds = 2'000'000;

__attribute__((target("avx2,fma"))) inline float fma_chains_avx2() {
  __m256 sum[kChains] = {};
  for (__m256& chain : sum) asm("" : "+x"(chain));
  const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
  for (int64_t i = 0; i < kRounds; ++i)
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) sum[c] = _mm256_fmadd_ps(sum[c], a, b);
  float total = 0;
  for (const __m256& s : sum) total += s[0];
  return total;
}

__attribute__((target("avx512f"))) inline float fma_chains_avx512() {
  __m512 sum[kChains] = {};
  for (__m512& chain : sum) asm("" : "+v"(chain));
  const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
  for (int64_t i = 0; i < kRounds; ++i)
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) sum[c] = _mm512_fmadd_ps(sum[c], a, b);
  float total = 0;
  for (const __m512& s : sum) total += s[0];
  return total;
}

__attribute__((target("avx512f,avx512bf16"))) inline float dot_chains_bf16() {
  __m512 sum[kChains] = {};
  for (__m512& chain : sum) asm("" : "+v"(chain));
  const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(1e-3f), _mm512_set1_ps(1e-3f));
  for (int64_t i = 0; i < kRounds; ++i)
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) sum[c] = _mm512_dpbf16_ps(sum[c], a, a);
  float total = 0;
  for (const __m512& s : sum) total += s[0];
  return total;
}

// Four tiles of 16 x 16 sums over 32 products each.
__attribute__((target("amx-tile,amx-bf16"))) inline float tile_chains_bf16() {
  static constexpr struct alignas(64) {
    uint8_t palette = 1, unused[15] = {};
    uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16};
  } kShape;
  _tile_loadconfig(&kShape);  // sets all tiles to 0
  for (int64_t i = 0; i < kTileRounds; ++i) {
    _tile_dpbf16ps(0, 4, 5);
    _tile_dpbf16ps(1, 4, 5);
    _tile_dpbf16ps(2, 4, 5);
    _tile_dpbf16ps(3, 4, 5);
  }
  _tile_release();
  return 0;
}

inline double cpu_seconds() {  ///< over all threads of this process
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Seconds per call: the best of a few samples, each of enough calls to take 50 ms, since the
/// operating system counts CPU time of running threads in ticks of some milliseconds. On a machine
/// shared with other programs, CPU time shows what a kernel needs, wall time what it got.
struct Time {
  double wall = 1e9, cpu = 1e9;
};
template <class F>
Time best_time(const F& call) {
  constexpr int kSamples = 4;
  const double start = steady_seconds();
  call();
  const int calls = 1 + static_cast<int>(0.05 / (steady_seconds() - start));
  Time best;
  for (int sample = 0; sample < kSamples; ++sample) {
    const double wall = steady_seconds(), cpu = cpu_seconds();
    for (int i = 0; i < calls; ++i) call();
    best.wall = std::min(best.wall, (steady_seconds() - wall) / calls);
    best.cpu = std::min(best.cpu, (cpu_seconds() - cpu) / calls);
  }
  return best;
}

/// Peak FLOP/s of the multiply-adds of the instruction set in use: of all threads together by wall
/// time, and of one by its CPU time.
struct Peak {
  double all = 0, core = 0;
};
inline Peak peak_flops(bool bf16) {
  struct Loop {
    float (*run)();
    double flops;
  };
  const auto chains = [](int lanes) { return 2.0 * lanes * kChains * kRounds; };
  const cpu::InstructionSet set = cpu::instruction_set();
  Loop loop = {fma_chains_avx2, chains(8)};
  if (set >= cpu::InstructionSet::avx512) loop = {fma_chains_avx512, chains(16)};
  if (bf16 && set == cpu::InstructionSet::avx512_bf16) loop = {dot_chains_bf16, chains(32)};
  if (bf16 && set == cpu::InstructionSet::amx)
    loop = {tile_chains_bf16, 2.0 * 16 * 16 * 32 * 4 * kTileRounds};
  volatile float sink = 0;  // without a use the loops would be removed
  const Time time = best_time([&] {
    parallel_for(threads(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) sink = loop.run();
    });
  });
  return {loop.flops * threads() / time.wall, loop.flops * threads() / time.cpu};
}

}  // namespace siam
