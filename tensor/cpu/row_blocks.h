#pragma once
// How [rows,C] is cut for loops that sum over rows. Channels are innermost: the inner loops run
// over them and vectorise; rows are cut into blocks that stay in the cache. The number of blocks
// depends on the shape alone and their sums are combined in order, so the result does not depend on
// the number of threads.
//
// Sums are kept in memory, where adding to the same place again must wait for the previous addition
// for some ten cycles (store-to-load forwarding). With few channels the CPU would mostly wait, so
// the inner loops run over a line of several rows, with a sum for every element of it.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tensor/parallel.h"
#include "tensor/tensor.h"

namespace siam::cpu {

/// The rows of each group in blocks of `per_block`, and a block's in lines of `line` elements; the
/// last ones may be shorter.
struct RowBlocks {
  static constexpr int64_t kBlock = 16384, kLine = 128;  ///< elements, about: 64 KiB of f32

  int64_t groups, rows, channels, line, per_block, per_group;

  RowBlocks(const Tensor& x, int64_t groups)
      : groups(groups),
        rows(x.shape().rows() / groups),
        channels(x.dim(-1)),
        line(channels * rows_within(kLine)),
        per_block(rows_within(kBlock)),
        per_group((rows + per_block - 1) / per_block) {}

  /// At least 1.
  int64_t rows_within(int64_t elements) const {
    return std::max<int64_t>(1, elements / std::max<int64_t>(1, channels));
  }
  int64_t rows_of(int64_t block) const {
    return std::min(per_block, rows - block % per_group * per_block);
  }

  /// Calls body(block, group, first element, last element) for all blocks in parallel.
  template <class Body>
  void for_each(const Body& body) const {
    parallel_for(groups * per_group, 1, [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; ++block) {
        const int64_t group = block / per_group;
        const int64_t begin = (group * rows + block % per_group * per_block) * channels;
        body(block, group, begin, begin + rows_of(block) * channels);
      }
    });
  }

  /// Calls body(first element, elements) for each line of a block.
  template <class Body>
  void for_lines(int64_t begin, int64_t end, const Body& body) const {
    for (int64_t i = begin; i < end; i += line) body(i, std::min(line, end - i));
  }

  /// A line's sums, added up per channel.
  void add_up(const std::vector<float>& of_line, float* sums) const {
    for (int64_t row = 0; row < line; row += channels)
      for (int64_t c = 0; c < channels; ++c) sums[c] += of_line[row + c];
  }

  /// Sets all elements of channel s % channels of group s / channels in a table [groups,line].
  void set(int64_t s, float value, std::vector<float>& table) const {
    const int64_t first = s / channels * line;
    for (int64_t i = first + s % channels; i < first + line; i += channels) table[i] = value;
  }

  /// A line with each channel's value in each of its rows.
  template <class T>
  std::vector<float> line_of(const T* values) const {
    std::vector<float> repeated(line);
    for (int64_t row = 0; row < line; row += channels)
      for (int64_t c = 0; c < channels; ++c) repeated[row + c] = static_cast<float>(values[c]);
    return repeated;
  }
};

}  // namespace siam::cpu
