#pragma once

#include "tensor/communicator.h"

namespace siam {

/// All processes of this test.
const Communicator& ranks();

}  // namespace siam
