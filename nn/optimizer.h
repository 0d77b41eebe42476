#pragma once
// SGD with momentum (torch.optim.SGD) and the paper's learning-rate schedule.

#include "nn/flat_parameters.h"
#include "tensor/sgd.h"

namespace siam {

/// SGD over a model's flat buffers. Groups are consecutive ranges of parameters, each with its own
/// learning rate; weight decay applies to all parameters, batch-norm scales and biases included
/// (App. A).
class Sgd {
 public:
  struct Options {
    double momentum = 0.9;
    double weight_decay = 1e-4;
    double grad_scale = 1;  ///< gradients are multiplied by this first: 1 / loss scale
  };

  /// One group for each prefix; a parameter belongs to the first group whose prefix its name starts
  /// with ("" takes the rest). A group's parameters must be consecutive. Error for a parameter
  /// without a group; a group may be without parameters.
  Sgd(FlatParameters& parameters, Options options, const std::vector<std::string>& prefixes = {""});

  /// f32 [groups], on the device: read by the next step. 0 leaves a group's parameters exactly as
  /// they are.
  const Tensor& learning_rates() const { return rates_; }
  void set_learning_rate(size_t group, double rate);
  /// Queued on the device; changes nothing where `enabled` (i32 []), if defined, is 0.
  void step(const Tensor& enabled = {});

 private:
  struct Group {
    int64_t begin, end;  ///< elements of the flat buffers
    SgdRates rates;
  };
  Tensor rate_of(size_t group) const;

  FlatParameters& parameters_;
  Tensor rates_;
  std::vector<Group> groups_;
};

/// base * (1 + cos(pi epoch / epochs)) / 2, epoch = 0 ... epochs - 1: constant within an epoch, as
/// in the paper's code. During the first `warmup` epochs the rate rises linearly to base instead,
/// and the cosine spans the rest.
double cosine_learning_rate(double base, int epoch, int epochs, int warmup = 0);

}  // namespace siam
