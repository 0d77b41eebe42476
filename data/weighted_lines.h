#pragma once
// Sums of weighted lines: these make a vertical filter and, with shifted lines, a horizontal one.

#include <algorithm>

#include "data/vec.h"

namespace siam {

namespace weighted_lines {

// Lines per loop, which keeps a sum in a register.
inline constexpr int kMost = 8;

// Adds `number` lines, kLines at most.
template <bool kFirst, int kLines = kMost, class T>
void add(float* sums, int count, const float* weights, const T* const* lines, int number) {
  if constexpr (kLines > 1)
    if (number < kLines) return add<kFirst, kLines - 1>(sums, count, weights, lines, number);
  float weight[kLines];
  const T* line[kLines];
  std::copy_n(weights, kLines, weight);
  std::copy_n(lines, kLines, line);
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Vec sum = {}, value;
    if (!kFirst) sum = vec_at(sums + i);
    for (int t = 0; t < kLines; ++t) {
      load(line[t] + i, value);
      sum += weight[t] * value;
    }
    vec_at(sums + i) = sum;
  }
  for (; i < count; ++i) {
    float sum = kFirst ? 0 : sums[i];
    for (int t = 0; t < kLines; ++t) sum += weight[t] * line[t][i];
    sums[i] = sum;
  }
}

}  // namespace weighted_lines

/// sums[i] = weights[0] lines[0][i] + weights[1] lines[1][i] + ..., added in this order; `number`
/// lines, at least one, of `count` values (floats or bytes), none of them `sums`.
template <class T>
void weighted_sum(float* sums, int count, const float* weights, const T* const* lines, int number) {
  using namespace weighted_lines;
  add<true>(sums, count, weights, lines, std::min(number, kMost));
  for (int done = kMost; done < number; done += kMost)
    add<false>(sums, count, weights + done, lines + done, std::min(number - done, kMost));
}

}  // namespace siam
