#pragma once
// For tests that hold on every device.

#include <vector>

#include "tensor/device.h"

namespace siam {

/// The CPU, and a GPU that answers.
inline std::vector<Device> devices() {
  std::vector<Device> all = {Device::cpu};
  if (cuda_available()) all.push_back(Device::cuda);
  return all;
}

}  // namespace siam
