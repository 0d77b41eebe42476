#pragma once
// Where a training step's batches of augmented views come from: host threads (Loader), followed by
// an upload for a GPU, or the GPU itself.

#include <functional>
#include <memory>
#include <vector>

#include "data/augment.h"
#include "tensor/tensor.h"

namespace siam {

struct Batch {
  Tensor images;  ///< [views * B,S,S,3]: the first view of all samples, then the second, ...
  std::vector<int64_t> samples;  ///< [B], indices into the data set
  /// For crops on their way to a GPU: u8 [views * B, sizeof(AugmentParameters)]. Unset for views.
  Tensor draws = {};
};

struct BatchConfig {
  int64_t batch_size = 512;
  uint64_t seed = 0;
  int workers = 1;  ///< threads on the host; 0: batches are made in advance()
  int views = 2;
  int prefetch = 4;  ///< batches made ahead on the host, at most
  /// With several processes, each batch has `parts` equal parts, of which only number `part` is
  /// made.
  int part = 0, parts = 1;

  int64_t samples() const { return batch_size / parts; }  ///< the samples of a batch made here
  int64_t first() const { return part * samples(); }      ///< their first in the whole batch
};

/// Error unless a batch fits into the data set and is a multiple of its parts.
void check_batches(const BatchConfig& config, const Dataset& dataset);

/// BatchConfig::workers for the machine and a network on `device`: for a GPU, which takes images
/// faster than they are decoded, all cores (tensor/parallel.h's threads()) except the one that
/// launches its steps, and at least 1. For a CPU 1: the step's own loops keep all cores busy, many
/// times longer than one thread needs for the batch.
int default_workers(Device device);

/// Batches depend only on the seed, the epoch and the position; not on the kind of source, the
/// threads, the number of parts, or where an earlier epoch was left: a view is a function of (seed,
/// epoch, sample, view).
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Begins an epoch at batch `first`. The order of samples is a permutation drawn for (seed,
  /// epoch), cut into whole batches; a remainder is left out. Not to be called inside a capture.
  virtual void start_epoch(int epoch, int64_t first = 0) = 0;
  /// The host's part of the next batch: moves on in the epoch and prepares what the device needs
  /// for it. Not to be called inside a capture. Error if the epoch is over.
  virtual void advance() = 0;
  /// The device's part, once after each advance(). The batch is valid until the next one. On a GPU
  /// its images are the same tensor every time, and the queued kernels read everything that changes
  /// from device memory: the call may be captured in a CUDA graph, and advance() followed by a
  /// replay gives the next batch.
  virtual Batch batch() = 0;
  /// Both parts.
  Batch next() {
    advance();
    return batch();
  }
  virtual int64_t batches_per_epoch() const = 0;
  /// Time that advance() has spent waiting for batches or making them, in seconds, since
  /// construction.
  virtual double wait_seconds() const = 0;
};

/// The source for a device, where its batches lie. Images of a data set that is in memory
/// (Dataset::in_memory) are uploaded to a GPU once and augmented there into `type`; all others are
/// decoded by a Loader, which augments them too, in f32, where the device is a CPU. Error if the
/// batch is larger than the data set.
std::unique_ptr<BatchSource> make_batch_source(std::shared_ptr<const Dataset> dataset,
                                               const AugmentConfig& augment,
                                               const BatchConfig& config, Device device,
                                               DType type);

/// Samples [begin, end) under the evaluation transform (augment.h): [n,S,S,3].
using TestImages = std::function<Tensor(int64_t begin, int64_t end)>;
/// For a device, as make_batch_source: of `type`, from images in its memory; otherwise made on the
/// host, f32 on the CPU. The data set must outlive the result.
TestImages test_images(const Dataset& dataset, const AugmentConfig& augment, Device device,
                       DType type);

}  // namespace siam
