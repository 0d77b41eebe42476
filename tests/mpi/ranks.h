#pragma once

#include <vector>

#include "tensor/communicator.h"

namespace siam {

/// All processes of this test.
const Communicator& ranks();
/// The CPU, and the GPU if each of them has one.
const std::vector<Device>& devices_of_ranks();

}  // namespace siam
