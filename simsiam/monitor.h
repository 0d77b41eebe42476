#pragma once
// What shows, besides the loss, whether a run learns: measured every few epochs, in evaluation
// mode. With labels it is kNN accuracy; without, whether two views of an image still find each
// other.

#include <functional>
#include <memory>

#include "data/dataset.h"
#include "simsiam/config.h"
#include "tensor/communicator.h"

namespace siam {

/// Time of a linear probe, roughly, as a multiple of that of a kNN measurement.
constexpr double kProbeCost = 2;

class Monitor {
 public:
  virtual ~Monitor() = default;
  /// "kNN": what is measured, as a phase of the program.
  virtual const char* name() const = 0;
  /// Images (or views) that one measurement passes through the network.
  virtual int64_t images() const = 0;
  /// Sets its fields of `metrics`, and a linear probe's if that is requested here and in the
  /// configuration. `watch` is told what share of the work is done, above 0 to 1; an exception that
  /// it throws ends the work.
  virtual void measure(const SimSiam& model, bool probe, const std::function<void(double)>& watch,
                       EpochMetrics& metrics) const = 0;
};

/// True if there is more than one class.
bool several_classes(const Dataset& dataset);

/// Whether a run measures test images: if it has labels, or at least kRankImages of them.
bool measures_test_images(const TrainTest& data);

/// With labels: kNN accuracy of the test images in a bank of the training images (`knn`), and the
/// projection_rank() of test images (`effective_rank`). Without labels: from two views of each of
/// at most 1,024 images (view_features()), the same ones in every measurement, `recall` of the
/// backbone's features, and `alignment` and `effective_rank` of the projections. They are test
/// images if there are that many (measures_test_images()), otherwise training images.
///
/// Several ranks, all of which measure, share the work of encoding and of kNN and get the same
/// accuracy as a single one; the rest is left to rank 0.
std::unique_ptr<Monitor> make_monitor(const Config& config, const TrainTest& data,
                                      const Communicator& ranks = alone());

}  // namespace siam
