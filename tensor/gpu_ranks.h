#pragma once
// The GPUs of ranks: which one a process has, and how their tensors travel. The bodies are in
// cuda/, as those of memory.h.

#include <memory>

#include "tensor/communicator.h"

namespace siam {

/// The GPU that all threads of this process use: the index, modulo the number of those that
/// CUDA_VISIBLE_DEVICES lets through. To be called before a GPU is used or asked for; of no
/// effect where there is none.
void choose_gpu(int index);

/// NCCL between the GPUs of the ranks, all of which call it; what it does is work of the current
/// stream. A failure of NCCL while it works ends all processes within 30 seconds, with one line
/// that names the rank. Error, on all ranks, where two have the same GPU, and in a build without
/// NCCL.
std::unique_ptr<const Transport> connect_gpus(const Communicator& ranks);

}  // namespace siam
