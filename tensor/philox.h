#pragma once
// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011): a counter-based generator. A number is a pure function of (key, counter), so what is drawn
// for one sample and view does not depend on earlier draws, on the thread, or on the device.

#include <cmath>
#include <cstdint>
#include <vector>

#include "tensor/host_device.h"

namespace siam {

struct Philox4x32 {
  uint32_t v[4];
};

/// The ten-round block function: 128 random bits for a 64-bit key and a 128-bit counter.
SIAM_HOST_DEVICE inline Philox4x32 philox(Philox4x32 counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * counter.v[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * counter.v[2];
    counter = {{static_cast<uint32_t>(b >> 32) ^ counter.v[1] ^ key0, static_cast<uint32_t>(b),
                static_cast<uint32_t>(a >> 32) ^ counter.v[3] ^ key1, static_cast<uint32_t>(a)}};
    key0 += 0x9E3779B9u;  // golden ratio
    key1 += 0xBB67AE85u;  // sqrt(3) - 1
  }
  return counter;
}

/// What the numbers are used for; part of the counter, so that no two purposes share a number.
enum class Purpose : uint32_t { init = 1, shuffle = 2, augment = 3, test = 4, probe = 5 };

/// A stream of random numbers named by (seed, purpose, a, b, c): for an augmentation a = epoch,
/// b = sample, c = view; for an initialisation a = index of the parameter.
class Random {
 public:
  SIAM_HOST_DEVICE Random(uint64_t seed, Purpose purpose, uint32_t a = 0, uint32_t b = 0,
                          uint32_t c = 0)
      : seed_(seed), counter_{{0, a, b, (static_cast<uint32_t>(purpose) << 24) ^ c}} {}

  /// 32 uniform bits.
  SIAM_HOST_DEVICE uint32_t bits() {
    if (used_ == 4) {
      block_ = philox(counter_, static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32));
      ++counter_.v[0];
      used_ = 0;
    }
    return block_.v[used_++];
  }
  /// Uniform in [0, 1), a multiple of 2^-24.
  SIAM_HOST_DEVICE float uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24f; }
  /// Uniform in [low, high]: the end is reached by rounding. Fused by hand: the bits must not
  /// depend on the compiler's choice.
  SIAM_HOST_DEVICE float uniform(float low, float high) { return fmaf(high - low, uniform(), low); }
  /// Uniform in {0, ..., n - 1}; bias below n / 2^32.
  SIAM_HOST_DEVICE uint32_t below(uint32_t n) {
    return static_cast<uint32_t>((uint64_t{bits()} * n) >> 32);
  }

 private:
  uint64_t seed_;
  Philox4x32 counter_;
  Philox4x32 block_{};
  int used_ = 4;
};

/// Standard normal by Box-Muller from two numbers of the stream (host only).
float normal(Random& random);

/// 0 ... n - 1 in random order (Fisher and Yates; host only).
std::vector<int64_t> permutation(int64_t n, Random random);

}  // namespace siam
