#pragma once
// The GPUs of ranks: which one a process uses, and how tensors are exchanged. Implemented in cuda/,
// like memory.h.

#include <memory>

#include "tensor/communicator.h"

namespace siam {

/// Sets the GPU that all threads of this process use: the index, modulo the number of those that
/// CUDA_VISIBLE_DEVICES makes visible. Call it before a GPU is used or queried; without a GPU it
/// has no effect.
void choose_gpu(int index);

/// NCCL between the GPUs of the ranks, all of which call this; its operations are queued on the
/// current stream. If NCCL fails later, all processes end within 30 seconds, with one line that
/// names the rank. Error, on all ranks, if two have the same GPU, and in a build without NCCL.
std::unique_ptr<const Transport> connect_gpus(const Communicator& ranks);

}  // namespace siam
