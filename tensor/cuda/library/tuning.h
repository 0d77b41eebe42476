#pragma once
// The tuner of this machine's GPU, and how it measures.

#include <functional>

#include "tensor/cuda/library/tuner.h"

namespace siam::cuda {

/// Its choices are kept in default_plan_file(), for this GPU and these versions of cuDNN and
/// cuBLASLt.
Tuner& tuner();

/// Seconds of the work that `call` queues on the current stream: the best of five calls, after one
/// that loads what is needed, with cold caches and the host ahead; the first of the five if it
/// takes twice as long as `least`; infinite if it throws Error, except OutOfMemory, which says
/// nothing about the work and is passed on. Waits for the device, so it must not be called inside a
/// capture.
double device_seconds(const std::function<void()>& call, double least);

}  // namespace siam::cuda
