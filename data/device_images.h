#pragma once
// A data set's images in GPU memory.

#include <memory>

#include "data/dataset.h"
#include "tensor/tensor.h"

namespace siam {

struct DeviceImages {
  Tensor pixels;  ///< u8 [N,height,width,3]
  int height, width;

  /// For a data set that is in memory. Uploaded once, and kept as long as they are in use.
  static std::shared_ptr<const DeviceImages> of(const Dataset& dataset);
};

}  // namespace siam
