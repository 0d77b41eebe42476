// As tensor/precompiled.h.

#include <nlohmann/json.hpp>

#include "autograd/ops.h"
#include "nn/layers.h"
#include "tensor/precompiled.h"
