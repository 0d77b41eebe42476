#pragma once
// Processes that compute together. Each is a rank, 0 to size - 1; what is called here is called by
// all of them, in the same order and with tensors of the same shapes, types and devices, and waits
// for all: of host memory the caller does, of a GPU's the current stream, which may be captured
// then (graph.h) if all ranks do so.
//
// Sums are in the order of the ranks: all ranks have the same bits, and so has every repetition on
// as many ranks.

#include <exception>
#include <memory>
#include <string>

#include "tensor/tensor.h"

namespace siam {

/// Another rank has ended what all do together, and says why.
struct EndedElsewhere : Error {
  using Error::Error;
};

/// Rows [begin, end).
struct RowRange {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// How bytes get from rank to rank: MPI's way for host memory, NCCL's, on the current stream, for
/// that of the ranks' GPUs.
class Transport {
 public:
  virtual ~Transport() = default;
  /// `to` has the parts of all ranks, one behind another.
  virtual void all_gather_bytes(const void* part, void* to, size_t bytes) const = 0;
  /// Part i of `from`, `bytes` each, goes to rank i; `to` has what the ranks have sent here.
  virtual void all_to_all_bytes(const void* from, void* to, size_t bytes) const = 0;
  /// Overwrites `data` with rank 0's.
  virtual void broadcast_bytes(void* data, size_t bytes) const = 0;
};

/// A backend has transports; all arithmetic is here.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// The tensors of all ranks, one behind another along the leading dimension: [size N,...] of
  /// [N,...], [size] of a scalar.
  Tensor all_gather(const Tensor& part) const;
  /// Where each rank has something of all rows: this rank's rows of the sum, [N,...] of [size
  /// N,...]. The transpose of all_gather(). f32 or f64; a sum is taken in f64 and rounded once.
  Tensor reduce_scatter(const Tensor& whole) const;
  /// Replaces t by the sum over the ranks. f32 or f64, as above. A rank sends 2 (size - 1) / size
  /// of t's bytes, the least there is for a sum that all ranks are to know.
  void all_reduce(const Tensor& t) const;
  /// Overwrites t with rank 0's.
  void broadcast(const Tensor& t) const;
  /// Rank 0's text.
  std::string broadcast(std::string text) const;
  /// True if it is for all ranks: a decision of the hosts.
  bool all_true(bool here) const;
  /// Of `count` rows those that are this rank's to work on: the next ones behind the rank's before,
  /// as many for all but the last ranks.
  RowRange shard(int64_t count) const;
  /// All rows [count,...] of the ranks' shares.
  Tensor all_gather_shards(const Tensor& own, int64_t count) const;
  /// Does work(), in which the ranks do not exchange anything. What it throws on one rank ends it
  /// on all: on the others as EndedElsewhere.
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
          "another process has ended what all do; all are needed; see what it says");
  }
  /// Makes it possible to exchange the device's tensors; without it the first exchange does. Error,
  /// on all ranks, where one has no GPU for itself, or in a build without NCCL.
  void connect(Device device) const { transport(device); }
  /// Ends all processes, this one at once, with an exit status.
  [[noreturn]] virtual void abort(int status) const = 0;

  /// Cores for this process: those it may use, shared with the ranks on this machine that may use
  /// the same.
  virtual int cores() const = 0;
  /// Bytes that this rank has sent to others so far.
  uint64_t bytes_sent() const { return sent_; }

 private:
  virtual const Transport& transport(Device device) const = 0;

  mutable uint64_t sent_ = 0;
};

/// One process.
const Communicator& alone();

/// How many processes a launcher (mpirun, srun) says that it has started as one program; 1 if there
/// is none.
int launched_processes();
/// All processes that the launcher has started; alone() without one. To be called once. Error if
/// there are several and this build has no MPI, or MPI does not see them.
std::unique_ptr<const Communicator> launched_ranks();

}  // namespace siam
