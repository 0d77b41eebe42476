// See tensor/precompiled.h.

#include "autograd/ops.h"
#include "nn/layers.h"
#include "tensor/precompiled.h"
