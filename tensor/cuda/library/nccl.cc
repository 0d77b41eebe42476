// NCCL between the GPUs of ranks, which first exchange NCCL's id by MPI.

#include <nccl.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "tensor/cuda/library/tuning.h"
#include "tensor/cuda/runtime/handles.h"
#include "tensor/gpu_ranks.h"
#include "tensor/print.h"

namespace siam {

namespace {

void check_nccl(ncclResult_t status, const char* call) {
  if (status == ncclSuccess) return;
  fail("nccl: {}: {} {}; GPUs that reach each other are needed; see what NCCL_DEBUG=INFO says",
       call, ncclGetErrorString(status), ncclGetLastError(nullptr));
}

// NCCL does not support two ranks on one GPU. GPUs are compared by UUID, since a launcher may show
// each process a different one as its first.
void check_own_gpus(const Communicator& ranks) {
  cudaDeviceProp properties;
  CUDA_CHECK(cudaGetDeviceProperties(&properties, cuda::device()));
  const size_t bytes = sizeof properties.uuid.bytes;
  const Tensor here = Tensor::empty({1, int64_t{sizeof properties.uuid.bytes}}, DType::u8);
  std::memcpy(here.raw(), properties.uuid.bytes, bytes);
  const Tensor all = ranks.all_gather(here);
  for (int64_t a = 0; a < ranks.size(); ++a)
    for (int64_t b = a + 1; b < ranks.size(); ++b)
      check(std::memcmp(all.rows(a, a + 1).raw(), all.rows(b, b + 1).raw(), bytes) != 0,
            "ranks {} and {} share a GPU; each needs one of its own; start as many processes on a "
            "machine as CUDA_VISIBLE_DEVICES lets GPUs through, or use --device cpu",
            a, b);
}

ncclUniqueId shared_id(const Communicator& ranks) {
  ncclUniqueId id{};
  if (ranks.rank() == 0) check_nccl(ncclGetUniqueId(&id), "ncclGetUniqueId");
  const Tensor bytes = Tensor::empty({int64_t{sizeof id}}, DType::u8);
  std::memcpy(bytes.raw(), &id, sizeof id);
  ranks.broadcast(bytes);
  std::memcpy(&id, bytes.raw(), sizeof id);
  return id;
}

// All ranks adopt the choices of algorithms that rank 0 has made so far. What is new each measures
// and keeps for itself: another run with the same number of ranks has the same bits.
void share_plans(const Communicator& ranks) {
  const std::string plans = ranks.broadcast(cuda::tuner().plans());
  if (ranks.rank() > 0)
    cuda::tuner().adopt(plans, fmt::format("rank{}of{}", ranks.rank(), ranks.size()));
}

class Nccl : public Transport {
 public:
  explicit Nccl(const Communicator& ranks) : ranks_(ranks) {
    check_own_gpus(ranks);
    share_plans(ranks);
    const ncclUniqueId id = shared_id(ranks);
    check_nccl(ncclCommInitRank(&comm_, ranks.size(), id, ranks.rank()), "ncclCommInitRank");
    watch_ = std::thread([this] { watch(); });
  }
  ~Nccl() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    watch_.join();
    ncclCommDestroy(comm_);
  }

 private:
  void all_gather_bytes(const void* part, void* to, size_t bytes) const override {
    check_nccl(ncclAllGather(part, to, bytes, ncclUint8, comm_, cuda::current_stream()),
               "ncclAllGather");
  }
  void all_to_all_bytes(const void* from, void* to, size_t bytes) const override {
    const auto* parts = static_cast<const char*>(from);
    auto* received = static_cast<char*>(to);
    const cudaStream_t stream = cuda::current_stream();
    check_nccl(ncclGroupStart(), "ncclGroupStart");
    for (int rank = 0; rank < ranks_.size(); ++rank) {
      const size_t at = static_cast<size_t>(rank) * bytes;
      check_nccl(ncclSend(parts + at, bytes, ncclUint8, rank, comm_, stream), "ncclSend");
      check_nccl(ncclRecv(received + at, bytes, ncclUint8, rank, comm_, stream), "ncclRecv");
    }
    check_nccl(ncclGroupEnd(), "ncclGroupEnd");
  }
  void broadcast_bytes(void* data, size_t bytes) const override {
    check_nccl(ncclBroadcast(data, data, bytes, ncclUint8, 0, comm_, cuda::current_stream()),
               "ncclBroadcast");
  }

  // If a peer is lost, work on the GPU waits for it forever, and so does the thread that waits for
  // that work. A launcher that notices ends this process before it prints anything.
  void watch() {
    using namespace std::chrono_literals;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, 1s, [this] { return over_; })) {
      ncclResult_t status = ncclSuccess;
      ncclCommGetAsyncError(comm_, &status);
      if (status == ncclSuccess || status == ncclInProgress) continue;
      if (changed_.wait_for(lock, 10s, [this] { return over_; })) return;
      print(stderr, fmt::format("error: rank {} of {}: nccl: {} {}; the GPUs of all ranks are "
                                "needed; see what the others said\n",
                                ranks_.rank(), ranks_.size(), ncclGetErrorString(status),
                                ncclGetLastError(comm_)));
      std::_Exit(1);  // MPI_Abort is for the main thread to call; the status ends the others too
    }
  }

  const Communicator& ranks_;
  ncclComm_t comm_ = nullptr;
  std::thread watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<const Transport> connect_gpus(const Communicator& ranks) {
  return std::make_unique<Nccl>(ranks);
}

}  // namespace siam
