#pragma once
// What a training step minimises. SimSiam's own objective is three lines; the others are the
// paper's alternating optimisation (Sec. 5.2), its moving average instead of the predictor, and the
// two methods it is compared with. Each sees the views of a batch and gives a loss.

#include <memory>

#include "data/batch_source.h"
#include "nn/flat_parameters.h"
#include "simsiam/loss.h"
#include "simsiam/model.h"
#include "tensor/communicator.h"

namespace siam {

enum class Method { simsiam, alternating, expectation, simclr, byol };
template <>
inline constexpr auto kNames<Method> = names("simsiam", "alternating", "expectation", "simclr",
                                             "byol");

struct ObjectiveConfig {
  Method method = Method::simsiam;
  int64_t steps_per_target = 1;  ///< alternating: SGD steps against targets computed beforehand
  double momentum = 0.8;         ///< expectation: m of eta; byol: of the target network (0.99)
  double temperature = 0.5;      ///< simclr
};

/// One batch on its way through a step. The views are concatenated along the leading dimension:
/// rows [0,N) are the first view of all samples, rows [N,2N) the second, and so on. So all views go
/// through the network at once, where batch norm treats each separately (Mode::groups); z and p
/// have their rows in the same order, and the loss slices them by view.
struct Views {
  Variable images;                      ///< [views N,H,W,3] in the compute type
  const std::vector<int64_t>& samples;  ///< [N], indices into the data set
  int64_t step;                         ///< within the epoch, from 0
};

class Objective {
 public:
  struct Result {
    Variable loss;  ///< a scalar; with several ranks, each has its own, and their mean is the
                    ///< batch's
    Tensor z;       ///< projections [views N,d], in the order of the views
  };

  virtual ~Objective() = default;
  virtual Result operator()(const Views& views) = 0;

  /// Steps per window. Before the first of them, look_ahead() is given all batches of the window,
  /// which the steps then see again. 0: no looking ahead.
  virtual int64_t window() const { return 0; }
  virtual void look_ahead(const Views&) {}
  /// After the optimiser's step.
  virtual void updated(const FlatParameters&, const Tensor& /*finite*/) {}
  /// True if everything that changes from step to step is in device memory, so that a captured step
  /// can be replayed.
  virtual bool capturable() const { return false; }
  /// Adds what a checkpoint must hold, as buffers.
  virtual void visit(Registry&) {}
  /// Bytes that the objective keeps besides the model, so that the user can know beforehand.
  virtual size_t bytes() const { return 0; }
};

/// The size of a run, from which objectives allocate.
struct RunSize {
  int64_t samples, batch_size, steps_per_epoch;
};

struct Config;
/// For views of which each of `ranks` has a part (shared_views.h). `model` and `ranks` must outlive
/// the objective. Error if there is not enough memory for it.
std::unique_ptr<Objective> make_objective(const Config& config, const SimSiam& model, RunSize size,
                                          const Communicator& ranks = alone());

}  // namespace siam
