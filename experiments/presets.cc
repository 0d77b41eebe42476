#include "experiments/presets.h"

#include <fmt/ranges.h>

namespace siam {

namespace {

// The paper's CIFAR recipe (App. D): ResNet-18 with the CIFAR stem, two-layer projector, no blur,
// test images seen whole, rate 0.03 for a batch of 256, weight decay 5e-4, 800 epochs. The kNN
// monitor sends 60,000 images forward, an epoch 100,000 views forward and backward, which is three
// times the work: 60 / 300 = 20 % of an epoch, and a little for the vote. Every eighth epoch that
// is 2.5 %.
Config cifar10() {
  Config config;
  config.model.backbone = ResNetConfig::resnet18();
  config.model.projector_layers = 2;
  config.augment.size = 32;
  config.augment.blur_probability = 0;
  config.augment.crop_pct = 1;
  config.epochs = 800;
  config.batch_size = 512;
  config.base_learning_rate = 0.03;
  config.weight_decay = 5e-4;
  config.knn_every = 8;
  return config;
}

// CIFAR-sized images, long enough on two cores for the kNN panel to tell the runs apart.
Config small() {
  Config config = cifar10();
  config.model.backbone.width = 16;
  config.model.projector_hidden = config.model.dim = 512;
  config.model.predictor_hidden = 128;
  config.epochs = 16;
  config.batch_size = 128;
  config.base_learning_rate = 0.3;
  config.train_samples = 20000;
  config.test_samples = 2000;
  config.knn_every = 2;
  return config;
}

Config quick() {
  Config config = cifar10();
  config.model.backbone.width = 16;
  config.model.projector_hidden = config.model.dim = 256;
  config.model.predictor_hidden = 64;
  config.augment.size = 16;
  config.epochs = 10;
  config.batch_size = 64;
  config.base_learning_rate = 1.2;  // 0.3 at this batch size
  config.train_samples = 6400;
  config.test_samples = 2000;
  config.knn_every = 1;
  return config;
}

// The paper's ImageNet baseline (Sec. 3, App. A): ResNet-50, three-layer projector, 224 pixels,
// batch 512, 100 epochs; Config's defaults.
Config imagenet() { return {}; }

}  // namespace

std::vector<std::string> preset_names() { return {"quick", "small", "cifar10", "imagenet"}; }

bool needs_data(const std::string& name) { return name == "imagenet"; }

Config preset(const std::string& name) {
  if (name == "quick") return quick();
  if (name == "small") return small();
  if (name == "cifar10") return cifar10();
  if (name == "imagenet") return imagenet();
  throw UsageError(fmt::format("--preset {}; one of {} is needed; use one of them", name,
                               fmt::join(preset_names(), ", ")));
}

}  // namespace siam
