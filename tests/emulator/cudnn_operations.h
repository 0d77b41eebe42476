#pragma once
// The operations of a cuDNN graph in plain loops, on tensors that are kept as f32.

#include <cudnn.h>

#include <map>
#include <vector>

#include "tensor/dtype.h"

namespace emulator {

/// Channels-last [n,h,w,c]; a filter's window is h x w.
struct GraphTensor {
  int64_t number;
  siam::DType type;
  int64_t n, h, w, c;
  int64_t alignment;  ///< bytes, of its address

  int64_t count() const { return n * h * w * c; }
};

/// One operation, with its tensors by the attributes that name them.
struct Operation {
  cudnnBackendDescriptorType_t type;
  int64_t stride, padding;
  float alpha;  ///< the result's factor
  std::map<cudnnBackendAttributeName_t, GraphTensor> tensors;
};

struct OperationGraph {
  std::vector<Operation> operations;

  std::map<int64_t, GraphTensor> tensors() const;
  /// Numbers of the tensors that an operation writes.
  std::vector<int64_t> results() const;
  /// Whether there is an engine, which needs all tensors to have one type.
  bool supported() const;
};

/// Reads the operands from memory[number], runs all operations, writes the results.
void execute(const OperationGraph& graph, const std::map<int64_t, void*>& memory);

}  // namespace emulator
