#pragma once
// Where a training step's batches of augmented views come from: host threads (Loader), or the GPU
// itself.

#include <functional>
#include <memory>
#include <vector>

#include "data/augment.h"
#include "tensor/tensor.h"

namespace siam {

struct Batch {
  Tensor images;  ///< [views * B,S,S,3]: the first view of all samples, then the second, ...
  Tensor labels;  ///< i32 [B]
  std::vector<int64_t> samples;  ///< indices into the data set
};

struct BatchConfig {
  int64_t batch_size = 512;
  uint64_t seed = 0;
  int workers = 1;  ///< threads on the host; 0: batches are made in next()
  int views = 2;
  int prefetch = 4;  ///< batches made ahead on the host, at most
};

/// What comes depends on the seed, the epoch and the position alone, not on the kind of source, on
/// threads, nor on where an earlier epoch was left: a view is a function of (seed, epoch, sample,
/// view).
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Begins an epoch at batch `first`. The order of samples is a permutation drawn for (seed,
  /// epoch), cut into whole batches: a rest is left out. Not to be called inside a capture.
  virtual void start_epoch(int epoch, int64_t first = 0) = 0;
  /// The next batch of the epoch. Error if there is none.
  virtual Batch next() = 0;
  virtual int64_t batches_per_epoch() const = 0;
  /// Time that next() has spent waiting or working on the host, in seconds, since construction.
  virtual double wait_seconds() const = 0;

  /// True if next() does nothing but queue kernels on the current stream that read all that changes
  /// (epoch, order, position) from device memory, move the position on there, and write into the
  /// same tensors every time. Such a call may be captured in a CUDA graph, whose every replay makes
  /// the next batch.
  virtual bool capturable() const { return false; }
  /// For a replay of a captured next(): moves the host's position on as next() does, without making
  /// a batch, and returns the samples of the batch that the replay makes. The captured call itself
  /// counts for the first replay. Error unless capturable().
  virtual std::vector<int64_t> advance();
};

/// The source for a device. Images of a data set that is in memory (Dataset::in_memory) are
/// uploaded to a GPU and augmented there into `type`; all other sources are a Loader, whose batches
/// are f32 on the CPU. Error if the batch is larger than the data set.
std::unique_ptr<BatchSource> make_batch_source(std::shared_ptr<const Dataset> dataset,
                                               const AugmentConfig& augment,
                                               const BatchConfig& config, Device device,
                                               DType type);

/// Samples [begin, end) under the evaluation transform (augment.h): [n,S,S,3].
using TestImages = std::function<Tensor(int64_t begin, int64_t end)>;
/// For a device, as make_batch_source: from images in its memory, of `type`; otherwise made on the
/// host, f32 on the CPU. The data set must outlive what is returned.
TestImages test_images(const Dataset& dataset, const AugmentConfig& augment, Device device,
                       DType type);

}  // namespace siam
