#pragma once
// The configuration as one table, a row per field:
//
//   group(name, field, range, flag on the command line, help)
//
// Whatever needs all settings iterates over it: the command line, check_config(), describe(),
// reports, writing and reading checkpoints, the identity of a run. A new field needs its
// declaration and its row here; without the row it does not compile (config.cc).

#include "simsiam/config.h"
#include "simsiam/setting.h"

namespace siam {

// Far above what is sensible, and low enough that sizes in bytes stay within 64 bits.
constexpr int kMaxImageSize = 4096, kMaxChannels = 65536, kMaxLayers = 100;
constexpr int kMaxEpochs = 1'000'000, kMaxThreads = 1024;
// Beyond it, values leave the range of f32 itself; the scale is meant to bring gradients into
// f16's.
constexpr double kMaxLossScale = 0x1p32;
// Up to this the arithmetic of the draw is exact enough (augment_math::draw_crop).
constexpr double kMaxAspect = 1.6;

/// visit(setting, member) for every field of `c`, a Config or a const Config.
template <class C, class Visit>
constexpr void for_each_setting(C& c, const Visit& visit) {
  const Rows run(visit, Group::run);
  run("epochs", c.epochs, from(1, kMaxEpochs), "--epochs",
      "length of each run; the schedule spans it");
  run("batch_size", c.batch_size, at_least(2, "batch normalisation compares samples"),
      "--batch-size", "images per step");
  run("micro_batch", c.micro_batch, at_least(0), "--micro-batch",
      "images in memory at once, for batches too large for it: the same step, more arithmetic; 0: "
      "all");
  run("base_learning_rate", c.base_learning_rate, positive(), "--lr",
      "learning rate for a batch of 256; scaled linearly with the batch");
  run("momentum", c.momentum, kShare, "--momentum", "of SGD");
  run("weight_decay", c.weight_decay, kShare, "--weight-decay", "on every parameter");
  run("warmup_epochs", c.warmup_epochs, at_least(0), "--warmup", "epochs of linear warm-up");
  run("seed", c.seed, kAny, "--seed", "of initial values, order and augmentation");
  run("knn_every", c.knn_every, at_least(1), "--knn-every",
      "epochs between two measurements of kNN or, without labels, of views");
  const Rows probed(visit, Group::run, Stated::if_changed);
  probed("linear_probe", c.linear_probe, kAny, "--linear-probe",
         "also measure the trained network's accuracy by a linear probe");
  run("knn_k", c.knn.k, at_least(1), "--knn-k", "neighbours that vote");
  const Rows start(visit, Group::run, Stated::if_changed);
  start("init", c.init, kAny, "--init", "checkpoint whose network and weights the run starts from");
  run("knn_temperature", c.knn.temperature, positive(), "--knn-temperature", "of their votes");

  const Rows data(visit, Group::data);
  data("train_samples", c.train_samples, at_least(0), "--train-samples",
       "class-balanced subset of the training images; 0: all");
  data("test_samples", c.test_samples, at_least(0), "--test-samples", "of the test images; 0: all");
  data("image_size", c.augment.size, from(8, kMaxImageSize), "--image-size",
       "side of the network's input, in pixels");
  data("crop_pct", c.augment.crop_pct, from(0.1, 1), "--crop-pct",
       "of test images: the input's share of the short side of the resized image");
  data("pixel_mean", c.augment.mean, from(-10, 10), "--pixel-mean",
       "of red, green and blue in [0, 1], for normalisation");
  data("pixel_deviation", c.augment.deviation, from(0.01, 100), "--pixel-deviation",
       "of red, green and blue");
  const Rows reading(visit, Group::data, Stated::never);
  reading("max_bad_fraction", c.max_bad_fraction, kShare, "--max-bad-fraction",
          "of the images that may be unreadable; neighbours replace them; above it the run stops");

  const Rows method(visit, Group::method);
  method("method", c.objective.method, kAny, "--method", "what a step minimises");
  method("stop_gradient", c.loss.stop_gradient, kAny, "--stop-gradient",
         "targets are constants (Sec. 4.1)");
  method("similarity", c.loss.similarity, kAny, "--similarity", "of p and z (Sec. 4.5)");
  method("symmetric", c.loss.symmetric, kAny, "--symmetric",
         "each view of a pair predicts the other (Sec. 4.6)");
  method("pairs", c.loss.pairs, from(1, 100), "--pairs", "of views per image and step");
  method("constant_predictor_rate", c.constant_predictor_rate, kAny, "--constant-predictor-rate",
         "the predictor's learning rate does not decay");
  method("steps_per_target", c.objective.steps_per_target, at_least(1), "--steps-per-target",
         "alternating: SGD steps against targets computed beforehand");
  method(
      "target_momentum", c.objective.momentum, kShare, "--target-momentum",
      "expectation: of the moving average; byol: of the target network, for which 0.99 is usual");
  method("temperature", c.objective.temperature, positive(), "--temperature", "simclr: of NT-Xent");

  const Rows network(visit, Group::network);
  network("arch", c.model.backbone.arch, from(1, ResNetArch::kMostBlocks), "--arch",
          "the backbone, or its kind of block and the number of blocks in its four stages");
  network("width", c.model.backbone.width, from(1, kMaxChannels), "--width",
          "channels of the ResNet's first stage");
  network("stem", c.model.backbone.stem, kAny, "--stem",
          "3x3 with stride 1, or 7x7 with stride 2 and max-pool");
  network("zero_init_residual", c.model.backbone.zero_init_residual, kAny, "--zero-init-residual",
          "the scale of each block's last batch norm starts at 0");
  network("projector_layers", c.model.projector_layers, from(1, kMaxLayers), "--projector-layers",
          "of the projection MLP");
  network("projector_hidden", c.model.projector_hidden, from(1, kMaxChannels), "--projector-hidden",
          "width of its hidden layers");
  network("projector_affine", c.model.projector_affine, kAny, "--projector-affine",
          "its last batch norm has scale and shift");
  network("dim", c.model.dim, from(1, kMaxChannels), "--dim", "of the projections and predictions");
  network("predictor", c.model.predictor, kAny, "--predictor", "the prediction MLP (Table 1)");
  network("predictor_hidden", c.model.predictor_hidden, from(1, kMaxChannels), "--predictor-hidden",
          "width of its hidden layer");
  network("head_norm", c.model.head_norm, kAny, "--head-norm",
          "where both MLPs have batch norm (Table 3)");

  const Rows augmentation(visit, Group::augmentation);
  augmentation("min_scale", c.augment.min_scale, kShare, "--min-scale",
               "smallest share of the image's area in a crop");
  augmentation("max_scale", c.augment.max_scale, kShare, "--max-scale", "largest share");
  augmentation("max_aspect", c.augment.max_aspect, from(1, kMaxAspect), "--max-aspect",
               "a crop's width / height is between 1 / this and this");
  augmentation("jitter_probability", c.augment.jitter_probability, kShare, "--jitter-probability",
               "of changing brightness, contrast, saturation and hue");
  augmentation("brightness", c.augment.brightness, kShare, "--brightness",
               "its factor is in [1 - this, 1 + this]");
  augmentation("contrast", c.augment.contrast, kShare, "--contrast", "likewise");
  augmentation("saturation", c.augment.saturation, kShare, "--saturation", "likewise");
  augmentation("hue", c.augment.hue, from(0, 0.5), "--hue",
               "its shift is in [-this, this]; 1 is the whole circle");
  augmentation("grayscale_probability", c.augment.gray_probability, kShare,
               "--grayscale-probability", "of removing colour");
  augmentation("blur_probability", c.augment.blur_probability, kShare, "--blur-probability",
               "of a Gaussian blur");
  augmentation("min_sigma", c.augment.min_sigma, from(0.01, 20), "--min-sigma",
               "smallest deviation of the Gaussian, in pixels of the input");
  augmentation("max_sigma", c.augment.max_sigma, from(0.01, 20), "--max-sigma",
               "largest deviation");
  augmentation("flip_probability", c.augment.flip_probability, kShare, "--flip-probability",
               "of swapping left and right");

  const Rows hardware(visit, Group::hardware);
  hardware("device", c.device, kAny, "--device", "auto is a GPU if there is one");
  hardware("precision", c.precision, kAny, "--precision",
           "of activations; default: f32 on a CPU, bf16 on a GPU");
  const Rows arithmetic(visit, Group::hardware, Stated::if_changed);
  arithmetic("loss_scale", c.loss_scale, from(0, kMaxLossScale), "--loss-scale",
             "factor on the loss during backward; 0: 1024 with f16, else 1");
  arithmetic("tf32", c.tf32, kAny, "--tf32",
             "on a GPU, with f32: factors rounded to 10 bits where that is faster");
  arithmetic("deterministic", c.deterministic, kAny, "!--nondeterministic",
             "on a GPU: also library algorithms that are not reproducible bit for bit, if faster");
  const Rows pace(visit, Group::hardware, Stated::never);
  pace("eager", c.eager, kAny, "--eager", "on a GPU: no CUDA graph; the same bits, slower");
  pace("read_back", c.read_back, at_least(0), "--read-back",
       "steps whose losses are read at once; 0: 1 on a CPU, 16 on a GPU");
  pace("workers", c.workers, from(0, kMaxThreads), "--workers",
       "threads that load and augment; default: 1 on a CPU, all cores but one on a GPU; 0: none, "
       "between steps");
}

struct SettingValue {
  Setting setting;
  ConfigValue value;
};
/// The rows with their values.
std::vector<SettingValue> settings_of(const Config& config);

}  // namespace siam
