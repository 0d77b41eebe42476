// As tensor/precompiled.h.

#include "experiments/study.h"
#include "simsiam/precompiled.h"
