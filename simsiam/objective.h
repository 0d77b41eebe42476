#pragma once
// What a training step minimises. SimSiam's own objective is three lines; the others are the
// paper's alternating optimisation (Sec. 5.2), its moving average in place of the predictor, and
// the two methods it is compared with. Each sees the views of a batch and gives a loss.

#include <memory>

#include "data/batch_source.h"
#include "nn/flat_parameters.h"
#include "simsiam/loss.h"
#include "simsiam/model.h"

namespace siam {

enum class Method { simsiam, alternating, expectation, simclr, byol };
std::string_view name_of(Method method);

struct ObjectiveConfig {
  Method method = Method::simsiam;
  int64_t steps_per_target = 1;  ///< alternating: SGD steps against targets computed beforehand
  double momentum = 0.8;         ///< expectation: m of eta; byol: of the target network (0.99)
  double temperature = 0.5;      ///< simclr
};

/// One batch on its way through a step.
struct Views {
  Variable images;                      ///< [views N,H,W,3] in the compute type
  const std::vector<int64_t>& samples;  ///< [N], indices into the data set
  int64_t step;                         ///< of the epoch, from 0
};

class Objective {
 public:
  struct Result {
    Variable loss;  ///< a scalar
    Tensor z;       ///< projections of all views [views N,d]
  };

  virtual ~Objective() = default;
  virtual Result operator()(const Views& views) = 0;

  /// Steps of a window. Before the first of them look_ahead() is shown all batches of the window,
  /// which the steps then see again. 0: no looking ahead.
  virtual int64_t window() const { return 0; }
  virtual void look_ahead(const Views&) {}
  /// After the optimiser's step.
  virtual void updated(const FlatParameters&, const Tensor& /*finite*/) {}
  /// True if all that changes from step to step is in the device's memory, so that a captured step
  /// can be replayed.
  virtual bool capturable() const { return false; }
  /// Adds what a checkpoint must hold, as buffers.
  virtual void visit(Registry&) {}
  /// Bytes that the objective keeps beyond the model, for the user to know beforehand.
  virtual size_t bytes() const { return 0; }
};

/// The size of a run, from which objectives allocate.
struct RunSize {
  int64_t samples, batch_size, steps_per_epoch;
};

struct Config;
/// `model` must outlive the objective. Error if its memory cannot be had.
std::unique_ptr<Objective> make_objective(const Config& config, const SimSiam& model, RunSize size);

}  // namespace siam
