// See tensor/precompiled.h.

#include <fmt/ranges.h>

#include "data/loader.h"
#include "nn/precompiled.h"
#include "simsiam/config.h"
