// Many tensors into one buffer (tensor/gather.h): one launch for a whole network; launches for each
// parameter would take longer to start than to run.

#include "tensor/backends.h"
#include "tensor/cuda/launch.h"

namespace siam::cuda {

namespace {

/// A launch's part of the work, passed as a kernel parameter; parameters are limited to 4 KB.
struct Table {
  static constexpr int kEntries = 128;
  static constexpr int64_t kPerBlock = 4096;  ///< elements

  const float* parts[kEntries];
  int64_t offsets[kEntries];
  int32_t counts[kEntries];
  int32_t first_block[kEntries];
  int entries = 0;
};

__global__ void __launch_bounds__(kBlock) gather_kernel(Table table, float* flat) {
  // The last entry that begins at or before this block.
  const int block = static_cast<int>(blockIdx.x);
  int low = 0, high = table.entries;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (table.first_block[middle] <= block ? low : high) = middle;
  }
  const float* part = table.parts[low];
  float* to = flat + table.offsets[low];
  const int begin = (block - table.first_block[low]) * static_cast<int>(Table::kPerBlock);
  const int end = min(begin + static_cast<int>(Table::kPerBlock), table.counts[low]);
  for (int i = begin + static_cast<int>(threadIdx.x); i < end; i += kBlock) to[i] = part[i];
}

}  // namespace

void gather(const std::vector<Tensor>& parts, const std::vector<int64_t>& offsets,
            const Tensor& flat) {
  size_t next = 0;
  while (next < parts.size()) {
    Table table;
    int64_t blocks = 0;
    for (; next < parts.size() && table.entries < Table::kEntries; ++next) {
      const int64_t count = parts[next].numel();
      if (count == 0) continue;
      const int entry = table.entries++;
      table.parts[entry] = parts[next].data<float>();
      table.offsets[entry] = offsets[next];
      table.counts[entry] = static_cast<int32_t>(count);
      table.first_block[entry] = static_cast<int32_t>(blocks);
      blocks += (count + Table::kPerBlock - 1) / Table::kPerBlock;
    }
    launch(gather_kernel, dim3(static_cast<unsigned>(blocks)), dim3(kBlock), table,
           flat.data<float>());
  }
}

}  // namespace siam::cuda
