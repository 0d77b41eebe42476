#include "simsiam/learning_rates.h"

#include <doctest/doctest.h>

#include "nn/optimizer.h"
#include "tests/devices.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

// Case by case: decayed with warm-up, constant for the predictor, fixed predictor.
Config variant(int which, Device device) {
  Config config = tiny();
  config.base_learning_rate = 0.05;
  config.device = device;
  config.warmup_epochs = which == 0 ? 1 : 0;
  config.constant_predictor_rate = which == 1;
  if (which == 2) config.model.predictor = Predictor::fixed;
  return config;
}

// Two steps in an epoch.
TrainTest few() { return {patches(24, 1), patches(12, 2)}; }

void check_rates(const Trainer& trainer, int epoch) {
  const Config& config = trainer.config();
  const LearningRates wanted = learning_rates(config, epoch);
  const Tensor rates = trainer.current_rates().to(Device::cpu);
  CHECK(rates.data<float>()[0] == static_cast<float>(wanted.encoder));
  CHECK(rates.data<float>()[1] == static_cast<float>(wanted.predictor));
}

}  // namespace

TEST_CASE("the rates are the paper's, per epoch") {
  const double base = variant(0, Device::cpu).learning_rate();
  for (int epoch = 0; epoch < 3; ++epoch) {
    CAPTURE(epoch);
    const double cosine = cosine_learning_rate(base, epoch, 3);
    const auto [warm, with_it] = learning_rates(variant(0, Device::cpu), epoch);
    CHECK(warm == cosine_learning_rate(base, epoch, 3, 1));
    CHECK(with_it == warm);
    const auto [decayed, constant] = learning_rates(variant(1, Device::cpu), epoch);
    CHECK(decayed == cosine);
    CHECK(constant == base);
    const auto [encoder, fixed] = learning_rates(variant(2, Device::cpu), epoch);
    CHECK(encoder == cosine);
    CHECK(fixed == 0);
  }
}

TEST_CASE("steps follow the rates by themselves, from one epoch to the next") {
  for (const Device device : devices())
    for (const int which : {0, 1, 2}) {
      CAPTURE(device);
      CAPTURE(which);
      Config config = variant(which, device);
      config.read_back = 1;
      Trainer trainer(config, few());
      for (int epoch = 0; epoch < config.epochs; ++epoch) {
        const EpochMetrics metrics =
            trainer.train_epoch([&](const StepInfo&) { check_rates(trainer, epoch); });
        CHECK(metrics.learning_rate == learning_rates(config, epoch).encoder);
      }
    }
}

TEST_CASE("a run resumed in the middle of an epoch goes on with its rates") {
  const ScratchFolder folder;
  const std::filesystem::path file = folder / "state.safetensors";
  struct Interrupted {};
  for (const Device device : devices()) {
    CAPTURE(device);
    Config config = variant(0, device);
    config.read_back = 1;
    {
      Trainer trainer(config, few());
      trainer.train_epoch();
      CHECK_THROWS_AS(trainer.train_epoch([](const StepInfo& info) {
        if (info.step == 1) throw Interrupted();
      }),
                      Interrupted);
      trainer.save(file);
    }
    Trainer resumed(config, few());
    resumed.resume(file);
    for (int epoch = 1; epoch < config.epochs; ++epoch)
      resumed.train_epoch([&](const StepInfo&) { check_rates(resumed, epoch); });
  }
}

}  // namespace siam
