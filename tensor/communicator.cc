#include "tensor/communicator.h"

#include <algorithm>
#include <cstdlib>

#include "tensor/mpi/ranks.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

void check_host(const char* op, const Tensor& t) {
  check(t.device() == Device::cpu,
        "{}: a tensor on {}; ranks exchange tensors in host memory; use --device cpu", op,
        t.device());
}

// out[i] = sum over the parts, in their order.
template <class T>
void sum_parts(const Tensor& parts, const Tensor& out) {
  const int64_t n = out.numel(), count = parts.numel() / std::max<int64_t>(n, 1);
  const T* in = parts.data<T>();
  T* to = out.data<T>();
  parallel_for(n, 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double sum = 0;
      for (int64_t part = 0; part < count; ++part) sum += static_cast<double>(in[part * n + i]);
      to[i] = static_cast<T>(sum);
    }
  });
}

// Of the tensors of all ranks, one behind another.
Shape gathered_shape(Shape part, int64_t ranks) {
  if (part.rank() == 0) return {ranks};
  part[0] *= ranks;
  return part;
}

class Alone : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int cores() const override { return threads(); }
  [[noreturn]] void abort(int status) const override { std::_Exit(status); }

 private:
  void gather_bytes(const void* part, void* to, size_t bytes) const override {
    std::memcpy(to, part, bytes);
  }
  void exchange_bytes(const void* from, void* to, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
  void broadcast_bytes(void*, size_t) const override {}
};

}  // namespace

const Communicator& alone() {
  static const Alone process;
  return process;
}

// [size N,...] -> [N,...]: the sum of the ranks' parts.
Tensor Communicator::sum_of(const Tensor& parts) const {
  const Tensor out = parts.rows(0, parts.dim(0) / size()).empty_like();
  check(parts.dtype() == DType::f32 || parts.dtype() == DType::f64,
        "sum over ranks: {}; f32 or f64 is needed", parts.dtype());
  if (parts.dtype() == DType::f64)
    sum_parts<double>(parts, out);
  else
    sum_parts<float>(parts, out);
  return out;
}

Tensor Communicator::gather(const Tensor& part) const {
  check_host("gather", part);
  const Tensor whole = Tensor::empty(gathered_shape(part.shape(), size()), part.dtype());
  gather_bytes(part.raw(), whole.raw(), part.bytes());
  sent_ += part.bytes() * static_cast<size_t>(size() - 1);
  return whole;
}

Tensor Communicator::scatter_sum(const Tensor& whole) const {
  check_host("scatter_sum", whole);
  check(whole.rank() >= 1 && whole.dim(0) % size() == 0,
        "scatter_sum: {} over {} ranks; they must divide the rows", whole.shape(), size());
  const Tensor received = whole.empty_like();
  const size_t part = whole.bytes() / static_cast<size_t>(size());
  exchange_bytes(whole.raw(), received.raw(), part);
  sent_ += part * static_cast<size_t>(size() - 1);
  return sum_of(received);
}

void Communicator::sum(const Tensor& t) const {
  if (size() == 1) return;
  const int64_t n = t.numel(), padded = (n + size() - 1) / size() * size();
  Tensor flat = t.reshape({n});
  if (padded != n) {  // so that every rank sums as many elements
    flat = Tensor::zeros({padded}, t.dtype());
    flat.slice_flat(0, n).copy_from(t.reshape({n}));
  }
  t.copy_from(gather(scatter_sum(flat)).slice_flat(0, n).reshape(t.shape()));
}

void Communicator::broadcast(const Tensor& t) const {
  check_host("broadcast", t);
  broadcast_bytes(t.raw(), t.bytes());
  if (rank() == 0) sent_ += t.bytes() * static_cast<size_t>(size() - 1);
}

std::string Communicator::broadcast(std::string text) const {
  auto bytes = static_cast<uint64_t>(text.size());
  broadcast_bytes(&bytes, sizeof bytes);
  text.resize(bytes);
  broadcast_bytes(text.data(), bytes);
  return text;
}

bool Communicator::all(bool here) const {
  if (size() == 1) return here;
  const Tensor flags = gather(Tensor::full({}, here, DType::u8));
  return std::ranges::all_of(flags.span<uint8_t>(), [](uint8_t flag) { return flag != 0; });
}

RowRange Communicator::share(int64_t count) const {
  const int64_t most = (count + size() - 1) / size();
  const int64_t begin = std::min(rank() * most, count);
  return {begin, std::min(begin + most, count)};
}

Tensor Communicator::gather_shares(const Tensor& own, int64_t count) const {
  if (size() == 1) return own;
  Shape shape = own.shape();
  shape[0] = (count + size() - 1) / size();
  const Tensor padded = Tensor::zeros(shape, own.dtype(), own.device());
  padded.rows(0, own.dim(0)).copy_from(own);
  return gather(padded).rows(0, count);
}

int launched_processes() {
  // Open MPI's mpirun, that of MPICH and Intel MPI, srun (of the step, not of the allocation, which
  // a program in a batch script sees too).
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
