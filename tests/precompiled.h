// As tensor/precompiled.h.

#include <doctest/doctest.h>

#include <fstream>

#include "autograd/ops.h"
#include "tensor/precompiled.h"
