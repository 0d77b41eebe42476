#include "tensor/check.h"
#include "tensor/gpu_ranks.h"

namespace siam {

std::unique_ptr<const Transport> connect_gpus(const Communicator& ranks) {
  fail(
      "{} processes on GPUs, by a build without NCCL; NCCL is needed for more than one; install it "
      "(pip: nvidia-nccl-cu13) or name its folder by -Dnccl=FOLDER, and configure the build again",
      ranks.size());
}

}  // namespace siam
