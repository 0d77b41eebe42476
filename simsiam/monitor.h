#pragma once
// What tells, beside its loss, whether a run learns: measured every few epochs, in evaluation mode.
// With labels it is kNN accuracy; without, whether two views of an image still find each other.

#include <functional>
#include <memory>

#include "data/dataset.h"
#include "simsiam/config.h"
#include "tensor/communicator.h"

namespace siam {

class Monitor {
 public:
  virtual ~Monitor() = default;
  /// "kNN": what is measured, as a phase of the program.
  virtual const char* name() const = 0;
  /// Images (or views) that one measurement sends forward.
  virtual int64_t images() const = 0;
  /// Sets its fields of `metrics`, with a linear probe's too if that is asked for here and in the
  /// configuration. `watch` is told which share of the work is done, above 0 to 1;
  /// what it throws ends the work.
  virtual void measure(const SimSiam& model, bool probe, const std::function<void(double)>& watch,
                       EpochMetrics& metrics) const = 0;
};

/// True if there are classes to tell apart.
bool several_classes(const Dataset& dataset);

/// For labelled data kNN accuracy, of the test images in a bank of the training images (`knn`), and
/// the projection_rank() of test images (`effective_rank`).
/// Without labels: of two views each of at most 1,024 images (view_features()), which are the same
/// whenever this is measured, `recall` of the backbone's features, and `alignment` and
/// `effective_rank` of the projections. They are test images where there are so many of those, else
/// training images.
///
/// Several ranks, which all measure, share the work of encoding and of kNN and know the same
/// accuracy as one; the rest is left to rank 0.
std::unique_ptr<Monitor> make_monitor(const Config& config, const TrainTest& data,
                                      const Communicator& ranks = alone());

}  // namespace siam
