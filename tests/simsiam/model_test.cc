#include "simsiam/model.h"

#include <doctest/doctest.h>

#include "simsiam/trainer.h"
#include "tests/simsiam/toy.h"

namespace siam {

TEST_CASE("a network's weights are counted without making them") {
  const auto made = [](const ModelConfig& config) {
    Initializer init(1);
    SimSiam model(init, config);
    int64_t count = 0;
    for (const auto& [name, parameter] : registry_of(model).parameters) {
      const Shape& shape = parameter->value.shape();
      if (shape.rank() > 1) count += shape.numel();
    }
    return count;
  };
  ModelConfig config{
      .backbone = {.width = 4}, .projector_hidden = 24, .dim = 12, .predictor_hidden = 6};
  for (const ResNetArch& arch : {ResNetArch{{2, 1, 0, 3}, false}, ResNetArch{{1, 2, 1, 1}, true}})
    for (const Stem stem : {Stem::cifar, Stem::imagenet})
      for (const Predictor predictor : {Predictor::learned, Predictor::none}) {
        config.backbone.arch = arch;
        config.backbone.stem = stem;
        config.predictor = predictor;
        CHECK(weight_count(config) == made(config));
      }
}

TEST_CASE("a network above the machine's memory is refused before any of it is taken") {
  Config config = tiny();
  config.model.backbone.width = 60000;
  CHECK_THROWS_WITH_AS(Trainer(config, data()), doctest::Contains("lower --width"), Error);
}

}  // namespace siam
