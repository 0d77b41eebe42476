// As tensor/precompiled.h.

#include <fmt/ranges.h>

#include "data/loader.h"
#include "data/memory_dataset.h"
#include "tensor/precompiled.h"
