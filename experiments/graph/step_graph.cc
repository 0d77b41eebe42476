#include "experiments/graph/step_graph.h"

#include <fmt/format.h>

#include "experiments/graph/dot.h"
#include "simsiam/loss.h"
#include "simsiam/model.h"
#include "tensor/map.h"

namespace siam {

namespace {

constexpr int64_t kSamples = 4, kSide = 8;

// Noise, and the same plus other noise of equal size: [2 kSamples,H,W,3], the two views
// concatenated.
Variable two_views(Initializer& random) {
  const Shape shape = {kSamples, kSide, kSide, 3};
  const Tensor views = Tensor::empty({2 * kSamples, kSide, kSide, 3});
  const Tensor common = random.normal(shape, 1);
  for (int64_t view = 0; view < 2; ++view)
    views.rows(view * kSamples, (view + 1) * kSamples)
        .copy_from(add(common, random.normal(shape, 1)));
  return Variable(views);
}

}  // namespace

StepGraph record_step(const StepGraphOptions& options) {
  Initializer random(0);
  const ModelConfig config{
      // With the usual zero initialisation no gradient would enter a block.
      .backbone = {.arch = options.arch, .width = 4, .zero_init_residual = false},
      .projector_layers = 2,
      .projector_hidden = 8,
      .dim = 8,
      .predictor_hidden = 4};
  SimSiam model(random, config);
  const Variable views = two_views(random);

  GraphRecorder recorder;
  for (const auto& [name, parameter] : registry_of(model).parameters)
    recorder.name(parameter->value, name);
  recorder.name(views, "images");
  const auto [z, p] = model(views, {.groups = 2});
  recorder.name(z, "z");
  recorder.name(p, "p");
  const Variable loss = simsiam_loss(p, z, {.stop_gradient = options.stop_gradient});
  recorder.name(loss, "loss");
  backward(loss);
  return {recorder.graph(), loss.value().item(), kSamples};
}

std::string step_graph_dot(const StepGraphOptions& options) {
  const StepGraph step = record_step(options);
  return graph_dot(step.graph,
                   fmt::format("One step {} the stop-gradient: loss {:.3f}",
                               options.stop_gradient ? "with" : "without", step.loss),
                   step.samples);
}

}  // namespace siam
