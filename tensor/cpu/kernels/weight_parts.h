#pragma once
// Weight gradients are sums over all pixels. The pixels are cut into as many parts as the shape
// allows, each with its own sums, which are added in order: the bits depend on the shape alone. A
// thread with a part to itself prepares operands and multiplies them in its own cache; if the sums
// are large, and there are fewer parts than threads, all threads share each part and read each
// other's operands.

#include "tensor/cpu/kernels/threads.h"

namespace siam::cpu {
namespace {

class WeightParts {
 public:
  /// Divides `units` (tiles, images) into parts of at least `least`, with `floats` of sums each.
  WeightParts(int64_t units, int64_t least, int64_t floats)
      : units_(units),
        floats_(floats),
        count_(power_of_two(min(min(kMost, kAllFloats / floats), units / least))),
        sums_(static_cast<size_t>(count_ * floats)) {}

  int64_t count() const { return count_; }
  /// The sums of all parts, added in order, of the kLanes numbers from `at` on.
  Vec total(int64_t at) const {
    Vec sum = load(sums(0) + at);
    for (int64_t part = 1; part < count(); ++part) sum = sum + load(sums(part) + at);
    return sum;
  }

  /// Calls add_up(begin, end, scratch, sums) for the units [begin, end) of each part; it
  /// distributes its work by for_tasks.
  template <class AddUp>
  void add_up(int64_t scratch_floats, const AddUp& add_up) const {
    const auto one = [&](int64_t part, float* scratch) {
      add_up(units_ * part / count_, units_ * (part + 1) / count_, scratch, sums(part));
    };
    if (count() >= threads()) {
      const ThreadScratch scratch(scratch_floats);
      for_tasks(count(), [&](int64_t part, int thread) { one(part, scratch.at(thread)); });
    } else {
      const Scratch scratch(static_cast<size_t>(scratch_floats));
      for (int64_t part = 0; part < count(); ++part) one(part, scratch.data());
    }
  }

 private:
  float* sums(int64_t part) const { return sums_.data() + part * floats_; }

  static constexpr int64_t kMost = 16, kAllFloats = 5 << 20;

  /// The largest power of two that is not above `most`; at least 1. Seven equal parts would keep
  /// two threads busy as long as eight.
  static int64_t power_of_two(int64_t most) {
    int64_t power = 1;
    while (2 * power <= most) power *= 2;
    return power;
  }

  int64_t units_, floats_, count_;
  Scratch sums_;
};

/// dw[k][i] = the total of sums[row(i)][k], i < size, with rows of `columns` floats, a multiple of
/// kLanes.
template <class Row>
void write_transposed(const WeightParts& parts, int64_t ks, int64_t columns, int64_t size,
                      const Row& row, float* dw) {
  for_tasks(ceil_div(ks, kLanes), [&](int64_t block, int) {
    const int64_t k = block * kLanes, lanes = min(kLanes, ks - k);
    for (int64_t i = 0; i < size; ++i) {
      const Vec sum = parts.total(row(i) * columns + k);
      for (int64_t j = 0; j < lanes; ++j) dw[(k + j) * size + i] = sum[j];
    }
  });
}

}  // namespace
}  // namespace siam::cpu
