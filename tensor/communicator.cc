#include "tensor/communicator.h"

#include <algorithm>
#include <cstdlib>

#include "tensor/memory.h"
#include "tensor/mpi/ranks.h"
#include "tensor/parallel.h"
#include "tensor/reduce.h"

namespace siam {

namespace {

// Shape of the tensors of all ranks, concatenated.
Shape gathered_shape(Shape part, int64_t ranks) {
  if (part.rank() == 0) return {ranks};
  part[0] *= ranks;
  return part;
}

// Share of the first rank when `ranks` share `count` rows.
int64_t largest_shard(int64_t count, int64_t ranks) { return (count + ranks - 1) / ranks; }

// The transport of a single process, which sends only to itself.
class Copies : public Transport {
 public:
  explicit Copies(Device device) : device_(device) {}
  void all_gather_bytes(const void* part, void* to, size_t bytes) const override {
    if (device_ == Device::cpu)
      std::memcpy(to, part, bytes);
    else
      gpu_copy(to, device_, part, device_, bytes);
  }
  void all_to_all_bytes(const void* from, void* to, size_t bytes) const override {
    all_gather_bytes(from, to, bytes);
  }
  void broadcast_bytes(void*, size_t) const override {}

 private:
  Device device_;
};

class Alone : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int cores() const override { return threads(); }
  [[noreturn]] void abort(int status) const override { std::_Exit(status); }

 private:
  const Transport& transport(Device device) const override {
    return device == Device::cpu ? host_ : gpu_;
  }
  Copies host_{Device::cpu}, gpu_{Device::cuda};
};

}  // namespace

const Communicator& alone() {
  static const Alone process;
  return process;
}

Tensor Communicator::all_gather(const Tensor& part) const {
  const Tensor whole =
      Tensor::empty(gathered_shape(part.shape(), size()), part.dtype(), part.device());
  transport(part.device()).all_gather_bytes(part.raw(), whole.raw(), part.bytes());
  sent_ += part.bytes() * static_cast<size_t>(size() - 1);
  return whole;
}

Tensor Communicator::reduce_scatter(const Tensor& whole) const {
  check(whole.rank() >= 1 && whole.dim(0) % size() == 0,
        "reduce_scatter: {} over {} ranks; they must divide the rows", whole.shape(), size());
  const Tensor received = whole.empty_like();
  const size_t part = whole.bytes() / static_cast<size_t>(size());
  transport(whole.device()).all_to_all_bytes(whole.raw(), received.raw(), part);
  sent_ += part * static_cast<size_t>(size() - 1);
  return sum_parts(received, size());
}

void Communicator::all_reduce(const Tensor& t) const {
  if (size() == 1) return;
  const int64_t n = t.numel(), padded = largest_shard(n, size()) * size();
  Tensor flat = t.reshape({n});
  if (padded != n) {  // so that all ranks sum equally many elements
    flat = Tensor::zeros({padded}, t.dtype(), t.device());
    flat.slice_flat(0, n).copy_from(t.reshape({n}));
  }
  t.copy_from(all_gather(reduce_scatter(flat)).slice_flat(0, n).reshape(t.shape()));
}

void Communicator::broadcast(const Tensor& t) const {
  transport(t.device()).broadcast_bytes(t.raw(), t.bytes());
  if (rank() == 0) sent_ += t.bytes() * static_cast<size_t>(size() - 1);
}

std::string Communicator::broadcast(std::string text) const {
  const Transport& host = transport(Device::cpu);
  auto bytes = static_cast<uint64_t>(text.size());
  host.broadcast_bytes(&bytes, sizeof bytes);
  text.resize(bytes);
  host.broadcast_bytes(text.data(), bytes);
  if (rank() == 0) sent_ += (sizeof bytes + bytes) * static_cast<size_t>(size() - 1);
  return text;
}

bool Communicator::all_true(bool here) const {
  if (size() == 1) return here;
  const Tensor flags = all_gather(Tensor::full({}, here, DType::u8));
  return std::ranges::all_of(flags.span<uint8_t>(), [](uint8_t flag) { return flag != 0; });
}

RowRange Communicator::shard(int64_t count) const {
  const int64_t most = largest_shard(count, size());
  const int64_t begin = std::min(rank() * most, count);
  return {begin, std::min(begin + most, count)};
}

Tensor Communicator::all_gather_shards(const Tensor& own, int64_t count) const {
  if (size() == 1) return own;
  Shape shape = own.shape();
  shape[0] = largest_shard(count, size());
  const Tensor padded = Tensor::zeros(shape, own.dtype(), own.device());
  padded.rows(0, own.dim(0)).copy_from(own);
  return all_gather(padded).rows(0, count);
}

int launched_processes() {
  // Open MPI's mpirun, that of MPICH and Intel MPI, srun (the size of the step, not of the
  // allocation, which a program in a batch script sees too).
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
    if (const char* value = std::getenv(name))
      if (const int count = std::atoi(value); count > 1) return count;
  return 1;
}

std::unique_ptr<const Communicator> launched_ranks() {
  const int processes = launched_processes();
  if (processes == 1) return std::make_unique<Alone>();
  auto ranks = mpi_ranks();
  check(ranks->size() == processes,
        "{} processes were started as one program, and MPI sees {}; a launcher that MPI knows is "
        "needed; use mpirun, or srun --mpi=pmix",
        processes, ranks->size());
  return ranks;
}

}  // namespace siam
