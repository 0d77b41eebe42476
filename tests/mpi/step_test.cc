// Ten steps shared by the ranks equal those of one process: losses, projections, gradients, running
// statistics.

#include <doctest/doctest.h>

#include <cmath>

#include "simsiam/objective.h"
#include "simsiam/shared_views.h"
#include "tensor/map.h"
#include "tests/mpi/ranks.h"
#include "tests/relative_error.h"
#include "tests/simsiam/step_cases.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

constexpr int64_t kSamples = 48, kSteps = 10;
// Small, since a training step amplifies differences in proportion to its rate.
constexpr double kRate = 1e-3;

std::vector<double> values_of(const Tensor& t) {
  const Tensor doubles = cast(t, DType::f64);
  return {doubles.span<double>().begin(), doubles.span<double>().end()};
}

struct Steps {
  std::vector<std::vector<double>> projections, gradients;
  std::vector<double> losses, buffers;
};

// The same pixels for any number of ranks.
Tensor pixels(const Config& config, int64_t step) {
  const int64_t size = config.augment.size;
  return Initializer(static_cast<uint64_t>(7 + step))
      .normal({2 * config.loss.pairs * config.batch_size, size, size, 3}, 1);
}

Steps train(const Config& config, DType type, const Communicator& by) {
  Initializer init(3);
  SimSiam model(init, config.model);
  const Registry registry = registry_of(model);
  cast_network(registry, type);
  const auto objective = make_objective(config, model, {kSamples, config.batch_size, kSteps}, by);
  const int64_t views = 2 * config.loss.pairs, own = config.batch_size / by.size();
  Steps steps;
  for (int64_t step = 0; step < kSteps; ++step) {
    std::vector<int64_t> samples;
    for (int64_t i = 0; i < own; ++i)
      samples.push_back((step * 5 + by.rank() * own + i) % kSamples);
    const Views batch{Variable(own_views(by, cast(pixels(config, step), type), views)), samples,
                      step};
    if (objective->window() > 0) objective->look_ahead(batch);
    const auto [loss, z] = (*objective)(batch);
    backward(loss, Tensor::full({}, 1.0 / by.size(), loss.dtype()));
    std::vector<double> gradients;
    for (const auto& [name, parameter] : registry.parameters) {
      const Tensor gradient =
          parameter->value.grad().defined()
              ? parameter->value.grad().clone()
              : Tensor::zeros(parameter->value.shape(), parameter->value.dtype());
      by.all_reduce(gradient);
      parameter->value.clear_grad();
      for (const double each : values_of(gradient)) gradients.push_back(each);
      const Tensor value = parameter->value.value();
      value.copy_from(add(value, scale(gradient, -kRate)));
    }
    double mean = 0;
    for (const double each : values_of(by.all_gather(loss.value()))) mean += each / by.size();
    steps.losses.push_back(mean);
    steps.projections.push_back(values_of(gather_views(by, z, views)));
    steps.gradients.push_back(gradients);
  }
  for (const auto& [name, buffer] : registry.buffers)
    for (const double each : values_of(*buffer)) steps.buffers.push_back(each);
  return steps;
}

// `gradient_tolerance`: per step; empty: the same as for everything else.
void check_equal(const Config& config, DType type, double tolerance,
                 const std::vector<double>& gradient_tolerance = {}) {
  const Steps one = train(config, type, alone()), all = train(config, type, ranks());
  for (size_t step = 0; step < one.losses.size(); ++step) {
    CAPTURE(step);
    // A mean of cosines is near 0 at first: its error is one of numbers near 1.
    CHECK(std::abs(all.losses[step] - one.losses[step]) <= tolerance);
    CHECK(relative_error(all.projections[step], one.projections[step]) <= tolerance);
    CHECK(relative_error(all.gradients[step], one.gradients[step]) <=
          (gradient_tolerance.empty() ? tolerance : gradient_tolerance[step]));
  }
  CHECK(relative_error(all.buffers, one.buffers) <= tolerance);
}

Config small() {
  Config config = tiny();
  config.batch_size = 16;
  config.augment.size = 16;
  config.model.backbone.zero_init_residual = false;  // else gradients inside the blocks are zero
  return config;
}

}  // namespace

// In f64, sums in a different order differ by 1e-16 of their terms, which ten steps amplify.
TEST_CASE("ranks: ten steps in f64 are those of one process") {
  auto cases = step_cases(small(), 7);
  cases[3].first = "two pairs, asymmetric, cross-entropy";
  cases[3].second.loss = {.similarity = Similarity::cross_entropy, .symmetric = false, .pairs = 2};
  cases[4].first = "batch norm at every head's end";
  cases[4].second.model.head_norm = HeadNorm::all;
  cases[5].first = "in parts on each rank";
  cases[5].second.micro_batch = 1;
  cases[6].first = "alternating";
  cases[6].second.objective = {.method = Method::alternating, .steps_per_target = 1};
  cases[6].second.precision = DType::f64;
  for (const auto& [name, config] : cases) {
    CAPTURE(std::string(name));
    check_equal(config, DType::f64, 1e-10);
  }
}

// Their targets or logits are f32 whatever the network's type: a difference in the last digits of
// f64 occasionally rounds to the next f32, 6e-8 away.
TEST_CASE("ranks: ten steps of the objectives that calculate in f32 themselves") {
  Config config = small();
  config.objective.method = Method::expectation;
  check_equal(config, DType::f64, 1e-5);
  config.objective.method = Method::simclr;
  check_equal(config, DType::f64, 1e-5);
}

// After twenty layers a gradient has 1e-5 of f32's rounding by itself: two f32 runs are as close to
// each other as one is to f64.
TEST_CASE("ranks: ten steps in f32 are near those of one process") {
  const Config config = small();
  const Steps exact = train(config, DType::f64, alone()),
              single = train(config, DType::f32, alone());
  std::vector<double> rounding;
  for (size_t step = 0; step < exact.gradients.size(); ++step)
    rounding.push_back(
        std::max(1e-5, 2 * relative_error(single.gradients[step], exact.gradients[step])));
  check_equal(config, DType::f32, 1e-5, rounding);
  Config byol = config;  // its target network is f32
  byol.objective.method = Method::byol;
  check_equal(byol, DType::f32, 1e-5, std::vector<double>(kSteps, 1e-4));
}

// What the tests above would see if each rank's batch norm were separate.
TEST_CASE("ranks: statistics of a rank's part alone make another network") {
  if (ranks().size() == 1) return;
  Config half = small();
  half.batch_size /= 2;
  const Steps whole = train(small(), DType::f64, alone()), part = train(half, DType::f64, alone());
  CHECK(relative_error(part.gradients[0], whole.gradients[0]) > 0.01);
}

}  // namespace siam
