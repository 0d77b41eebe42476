// Ranks that a launcher has started, by MPI.

#define OMPI_SKIP_MPICXX 1  // the C interface alone
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "tensor/gpu_ranks.h"
#include "tensor/mpi/ranks.h"

namespace siam {

namespace {

// Errors are reported by the rank that sees them; MPI would end the process with a page of text.
void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  fail("{}: {}; the other ranks must answer; see what they said", call, text.data());
}

// MPI counts in int.
struct Counted {
  int count;
  MPI_Datatype type;

  explicit Counted(size_t bytes) : count(0), type(bytes % 8 == 0 ? MPI_UINT64_T : MPI_BYTE) {
    const size_t units = bytes % 8 == 0 ? bytes / 8 : bytes;
    check(units <= INT_MAX,
          "exchange between ranks: {} bytes at once; fewer are needed; use more ranks", bytes);
    count = static_cast<int>(units);
  }
};

// Between host memories.
class MpiTransport : public Transport {
 public:
  void all_gather_bytes(const void* part, void* to, size_t bytes) const override {
    const Counted n(bytes);
    check_mpi(MPI_Allgather(part, n.count, n.type, to, n.count, n.type, MPI_COMM_WORLD),
              "MPI_Allgather");
  }
  void all_to_all_bytes(const void* from, void* to, size_t bytes) const override {
    const Counted n(bytes);
    check_mpi(MPI_Alltoall(from, n.count, n.type, to, n.count, n.type, MPI_COMM_WORLD),
              "MPI_Alltoall");
  }
  void broadcast_bytes(void* data, size_t bytes) const override {
    const Counted n(bytes);
    check_mpi(MPI_Bcast(data, n.count, n.type, 0, MPI_COMM_WORLD), "MPI_Bcast");
  }
};

// MPI starts the processes and handles host tensors and decisions; GPUs are connected when first
// needed.
class MpiRanks : public Communicator {
 public:
  MpiRanks() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    check(provided >= MPI_THREAD_FUNNELED,
          "MPI: calls of one thread beside others are not supported; an MPI library built with "
          "MPI_THREAD_FUNNELED is needed; use another one");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    if (size_ > 1) look_around();
  }
  ~MpiRanks() override {
    gpus_.reset();
    MPI_Finalize();
  }
  MpiRanks(const MpiRanks&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int cores() const override { return cores_; }
  // Open MPI 4 may crash in MPI_Abort, when one of its own threads frees the message that is being
  // sent. Even then the process's exit status ends the others.
  [[noreturn]] void abort(int status) const override {
    static std::atomic<int> exit_status;
    exit_status = status;
    std::signal(SIGSEGV, [](int) { std::_Exit(exit_status); });
    MPI_Abort(MPI_COMM_WORLD, status);
    std::_Exit(status);
  }

 private:
  const Transport& transport(Device device) const override {
    if (device == Device::cpu) return host_;
    if (!gpus_) gpus_ = connect_gpus(*this);
    return *gpus_;
  }

  // The ranks on one machine take its GPUs in turn and divide its cores among themselves; if a
  // launcher has bound each to its own cores, they are already divided.
  void look_around() {
    cpu_set_t here;
    CPU_ZERO(&here);
    sched_getaffinity(0, sizeof here, &here);
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    int ranks = 1, rank = 0;
    MPI_Comm_size(machine, &ranks);
    MPI_Comm_rank(machine, &rank);
    std::vector<cpu_set_t> sets(static_cast<size_t>(ranks));
    MPI_Allgather(&here, sizeof here, MPI_BYTE, sets.data(), sizeof here, MPI_BYTE, machine);
    MPI_Comm_free(&machine);
    const auto alike =
        std::ranges::count_if(sets, [&](const cpu_set_t& each) { return CPU_EQUAL(&each, &here); });
    cores_ = std::max(1, CPU_COUNT(&here) / static_cast<int>(alike));
    choose_gpu(rank);
  }

  int rank_ = 0, size_ = 1, cores_ = 1;
  MpiTransport host_;
  mutable std::unique_ptr<const Transport> gpus_;
};

}  // namespace

std::unique_ptr<const Communicator> mpi_ranks() { return std::make_unique<MpiRanks>(); }

}  // namespace siam
