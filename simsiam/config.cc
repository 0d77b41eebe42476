#include "simsiam/config.h"

#include <fmt/ranges.h>

#include <limits>

#include "tensor/cuda/runtime.h"

namespace siam {

namespace {

// Far above what is sensible, and low enough that sizes in bytes stay within 64 bits.
constexpr int kMaxImageSize = 4096, kMaxChannels = 65536, kMaxThreads = 1024;
constexpr int kMaxEpochs = 1'000'000;
// Beyond it f32's own range is left: the scale is there to bring gradients into f16's.
constexpr double kMaxLossScale = 0x1p32;

}  // namespace

void follow_library_policy(const Config& config) {
  if constexpr (kCudaBuild) cuda::set_library_policy({config.tf32, config.deterministic});
}

void check_config(const Config& config) {
  auto need = [](bool ok, std::string_view option, auto seen, std::string_view needed) {
    if (!ok)
      throw UsageError(fmt::format("{} {}; {}; change it or leave it out", option, seen, needed));
  };
  need(config.epochs >= 1 && config.epochs <= kMaxEpochs, "--epochs", config.epochs,
       fmt::format("1 to {} is needed", kMaxEpochs));
  need(config.batch_size >= 2, "--batch-size", config.batch_size,
       "2 or more is needed: batch normalisation compares samples");
  need(config.micro_batch >= 0, "--micro-batch", config.micro_batch,
       "1 or more is needed, or 0 for the whole batch");
  need(config.base_learning_rate > 0 && config.learning_rate() <= std::numeric_limits<float>::max(),
       "--lr", config.base_learning_rate, "a positive rate within f32's range is needed");
  need(config.weight_decay >= 0 && config.weight_decay <= 1, "--weight-decay", config.weight_decay,
       "0 to 1 is needed");
  need(config.loss_scale == 0 ||
           (config.loss_scale >= 1 / kMaxLossScale && config.loss_scale <= kMaxLossScale),
       "--loss-scale", config.loss_scale,
       fmt::format("{:.2g} to {}, or 0 for the default, is needed", 1 / kMaxLossScale,
                   kMaxLossScale));
  need(config.augment.size >= 8 && config.augment.size <= kMaxImageSize, "--image-size",
       config.augment.size, fmt::format("8 to {} is needed", kMaxImageSize));
  check(0.1f <= config.augment.crop_pct && config.augment.crop_pct <= 1,
        "config: crop_pct {}; 0.1 to 1 is needed", config.augment.crop_pct);
  need(config.warmup_epochs >= 0 && config.warmup_epochs < config.epochs, "--warmup",
       config.warmup_epochs, "fewer than --epochs are needed");
  need(config.model.backbone.width >= 1 && config.model.backbone.width <= kMaxChannels, "--width",
       config.model.backbone.width, fmt::format("1 to {} is needed", kMaxChannels));
  need(config.model.dim >= 1 && config.model.dim <= kMaxChannels, "--dim", config.model.dim,
       fmt::format("1 to {} is needed", kMaxChannels));
  need(config.workers >= 0 && config.workers <= kMaxThreads, "--workers", config.workers,
       fmt::format("0 to {} is needed", kMaxThreads));
  check(config.read_back >= 0, "config: losses are read back every {} steps; 0 or more is needed",
        config.read_back);
  need(config.train_samples >= 0, "--train-samples", config.train_samples, "0 or more is needed");
  need(config.test_samples >= 0, "--test-samples", config.test_samples, "0 or more is needed");
  const bool plain_pairs = config.objective.method == Method::simsiam;
  check((config.loss.pairs >= 1 && plain_pairs) || config.loss.pairs == 1,
        "config: {} pairs of views with method {}; one is needed", config.loss.pairs,
        name_of(config.objective.method));
  check(config.loss.stop_gradient || config.loss.similarity == Similarity::cosine,
        "config: cross-entropy without stop-gradient; its target must be a constant");
  check(config.objective.steps_per_target >= 1 && 0 <= config.objective.momentum &&
            config.objective.momentum <= 1 && config.objective.temperature > 0,
        "config: steps per target {}, momentum {}, temperature {}; at least 1, 0 to 1, and a "
        "positive number are needed",
        config.objective.steps_per_target, config.objective.momentum, config.objective.temperature);
  need(config.knn_every >= 1, "--knn-every", config.knn_every, "1 or more is needed");
}

ConfigEntries describe(const Config& config) {
  const ModelConfig& model = config.model;
  const AugmentConfig& augment = config.augment;
  auto integer = [](auto value) { return static_cast<int64_t>(value); };
  auto real = [](double value) { return value; };
  ConfigEntries entries = {
      {"blocks", fmt::format("{}", fmt::join(model.backbone.blocks, " "))},
      {"bottleneck", model.backbone.bottleneck},
      {"width", model.backbone.width},
      {"imagenet_stem", model.backbone.imagenet_stem},
      {"zero_init_residual", model.backbone.zero_init_residual},
      {"projector_layers", integer(model.projector_layers)},
      {"projector_hidden", model.projector_hidden},
      {"projector_affine", model.projector_affine},
      {"dim", model.dim},
      {"predictor_hidden", model.predictor_hidden},
      {"predictor", std::string(name_of(model.predictor))},
      {"head_norm", std::string(name_of(model.head_norm))},
      {"method", std::string(name_of(config.objective.method))},
      {"steps_per_target", config.objective.steps_per_target},
      {"target_momentum", real(config.objective.momentum)},
      {"temperature", real(config.objective.temperature)},
      {"stop_gradient", config.loss.stop_gradient},
      {"similarity", std::string(name_of(config.loss.similarity))},
      {"symmetric", config.loss.symmetric},
      {"pairs", integer(config.loss.pairs)},
      {"image_size", integer(augment.size)},
      {"blur_probability", real(augment.blur_probability)},
      {"crop_pct", real(augment.crop_pct)},
      {"epochs", integer(config.epochs)},
      {"batch_size", config.batch_size},
      {"micro_batch", config.micro_batch},
      {"base_learning_rate", real(config.base_learning_rate)},
      {"momentum", real(config.momentum)},
      {"weight_decay", real(config.weight_decay)},
      {"warmup_epochs", integer(config.warmup_epochs)},
      {"constant_predictor_rate", config.constant_predictor_rate},
      {"seed", integer(config.seed)},
      {"precision", std::string(name_of(config.precision))},
      {"device", std::string(name_of(config.device))},
      {"train_samples", config.train_samples},
      {"test_samples", config.test_samples},
      {"knn_k", config.knn.k},
      {"knn_temperature", real(config.knn.temperature)},
  };
  // What is as it always is needs no word.
  if (config.gradient_scale() != 1) entries.push_back({"loss_scale", config.gradient_scale()});
  if (config.tf32) entries.push_back({"tf32", true});
  if (!config.deterministic) entries.push_back({"deterministic", false});
  return entries;
}

}  // namespace siam
