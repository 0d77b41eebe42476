#pragma once
// Processes that compute together. Each is a rank, 0 to size - 1. Every function that exchanges
// data is collective: all ranks call it, in the same order, with tensors of the same shapes, types
// and devices. With host tensors the caller blocks; with GPU tensors the work is queued on the
// current stream and may be captured (graph.h) if all ranks capture it.
//
// Sums are taken in the order of the ranks: all ranks get the same bits, and so does every
// repetition with the same number of ranks.

#include <exception>
#include <memory>
#include <string>

#include "tensor/tensor.h"

namespace siam {

/// Another rank failed in work that all do together; that rank reports why.
struct EndedElsewhere : Error {
  using Error::Error;
};

/// Rows [begin, end).
struct RowRange {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// How bytes get from rank to rank: by MPI for host memory, by NCCL, on the current stream, for the
/// memory of the ranks' GPUs.
class Transport {
 public:
  virtual ~Transport() = default;
  /// `to` receives the parts of all ranks, concatenated.
  virtual void all_gather_bytes(const void* part, void* to, size_t bytes) const = 0;
  /// Part i of `from`, `bytes` each, goes to rank i; `to` receives what the ranks have sent to this
  /// one.
  virtual void all_to_all_bytes(const void* from, void* to, size_t bytes) const = 0;
  /// Overwrites `data` with rank 0's.
  virtual void broadcast_bytes(void* data, size_t bytes) const = 0;
};

/// A backend provides transports; all arithmetic is here.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// The tensors of all ranks, concatenated along the leading dimension: [size N,...] from [N,...],
  /// [size] from a scalar.
  Tensor all_gather(const Tensor& part) const;
  /// If each rank has a term of all rows: this rank's rows of the sum, [N,...] from [size N,...].
  /// The transpose of all_gather(). f32 or f64; sums are taken in f64 and rounded once.
  Tensor reduce_scatter(const Tensor& whole) const;
  /// Replaces t by the sum over the ranks. f32 or f64, as above. A rank sends 2 (size - 1) / size
  /// of t's bytes, the minimum for a sum that all ranks get.
  void all_reduce(const Tensor& t) const;
  /// Overwrites t with rank 0's.
  void broadcast(const Tensor& t) const;
  /// Rank 0's text.
  std::string broadcast(std::string text) const;
  /// True if `here` is true on all ranks: a decision of the hosts.
  bool all_true(bool here) const;
  /// This rank's contiguous shard of `count` rows: ceil(count / size) for every rank, fewer or none
  /// for the last ones.
  RowRange shard(int64_t count) const;
  /// All rows [count,...], from the ranks' shards.
  Tensor all_gather_shards(const Tensor& own, int64_t count) const;
  /// Calls work(), in which the ranks must not exchange anything. An exception on one rank is
  /// thrown on all: on the others as EndedElsewhere.
  template <class Work>
  void together(const Work& work) const {
    std::exception_ptr error;
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
    const bool done = all_true(!error);
    if (error) std::rethrow_exception(error);
    if (!done)
      throw EndedElsewhere(
          "another process has failed; all processes are needed; see what it says");
  }
  /// Sets up the exchange of the device's tensors; otherwise the first exchange does. Error, on all
  /// ranks, if one has no GPU of its own, or in a build without NCCL.
  void connect(Device device) const { transport(device); }
  /// Ends all processes, this one at once, with an exit status.
  [[noreturn]] virtual void abort(int status) const = 0;

  /// Cores for this process: those it may use, divided among the ranks on this machine that may use
  /// the same ones.
  virtual int cores() const = 0;
  /// Bytes that this rank has sent to others so far.
  uint64_t bytes_sent() const { return sent_; }

 private:
  virtual const Transport& transport(Device device) const = 0;

  mutable uint64_t sent_ = 0;
};

/// One process.
const Communicator& alone();

/// How many processes a launcher (mpirun, srun) reports to have started as one program; 1 if there
/// is none.
int launched_processes();
/// All processes that the launcher has started; alone() without one. Call it only once. Error if
/// there are several and this build has no MPI, or MPI does not see them.
std::unique_ptr<const Communicator> launched_ranks();

}  // namespace siam
