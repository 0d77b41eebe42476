#include "simsiam/learning_rates.h"

#include <limits>

#include "nn/optimizer.h"

namespace siam {

LearningRates learning_rates(const Config& config, int epoch) {
  const double base = config.learning_rate();
  const double rate = cosine_learning_rate(base, epoch, config.epochs, config.warmup_epochs);
  if (config.model.predictor == Predictor::fixed) return {rate, 0};
  return {rate, config.constant_predictor_rate ? base : rate};
}

Schedule learning_rate_schedule(const Config& config, int64_t steps_per_epoch) {
  check(config.epochs <= std::numeric_limits<int32_t>::max() / steps_per_epoch,
        "--epochs {} of {} steps; fewer than 2^31 steps are needed in all; lower it", config.epochs,
        steps_per_epoch);
  const Tensor rates = Tensor::empty({config.epochs, 2});
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    const auto [encoder, predictor] = learning_rates(config, epoch);
    rates.data<float>()[2 * epoch] = static_cast<float>(encoder);
    rates.data<float>()[2 * epoch + 1] = static_cast<float>(predictor);
  }
  return {rates.to(config.device), Tensor::zeros({}, DType::i32, config.device), steps_per_epoch};
}

}  // namespace siam
