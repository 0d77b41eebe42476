#include "experiments/presets.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

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
  config.linear_probe = true;
  return config;
}

// The comparisons of the paper's tables, at a size at which a linear probe tells the runs apart:
// twelve minutes on two cores, seconds on a GPU. It is evaluated on all test images. A trial of
// sixteen settings of this length, batches of 64 to 256 and rates of 0.1 to 0.8, led to these two.
Config medium() {
  Config config = cifar10();
  config.model.backbone.width = 16;
  config.model.projector_hidden = config.model.dim = 512;
  config.model.predictor_hidden = 128;
  config.epochs = 12;
  config.batch_size = 64;
  config.base_learning_rate = 0.8;
  config.train_samples = 25000;
  config.knn_every = 4;
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
  config.linear_probe = false;
  return config;
}

// The paper's ImageNet baseline (Sec. 3, App. A): ResNet-50, three-layer projector, 224 pixels,
// batch 512, 100 epochs; Config's defaults. The kNN monitor sends 1.33 million images forward, 17 %
// of an epoch: every tenth epoch that is 1.7 %, and a little for the vote.
Config imagenet() {
  Config config;
  config.knn_every = 10;
  return config;
}

// The user's own images on a CPU: ResNet-18 with its ImageNet stem, which other software supports,
// at 96 pixels, where a step costs a sixth of one at 224. Training sees about 150,000 images, each
// at least 20 times and, if there are few, at most 200 times; a batch is a sixteenth of the images,
// so that an epoch has some steps. The monitor gets a twentieth of the time: for 1,024 images or,
// with labels, for all, it sends a third as much through the network as an epoch does.
Config photos(int64_t images) {
  Config config;
  config.model.backbone = ResNetConfig::resnet18();
  config.model.backbone.stem = Stem::imagenet;
  config.model.projector_layers = 2;
  config.model.projector_hidden = config.model.dim = 512;
  config.model.predictor_hidden = 128;
  config.augment.size = 96;
  config.augment.max_sigma = 1;  // the paper's is 2 at 224 pixels
  const int64_t part = std::bit_floor(static_cast<uint64_t>(std::max<int64_t>(images / 16, 1)));
  config.batch_size = std::min(std::clamp<int64_t>(part, 32, 128), std::max<int64_t>(images, 2));
  config.epochs = static_cast<int>(std::clamp<int64_t>(150000 / images, 20, 200));
  config.warmup_epochs = config.epochs / kEpochsPerWarmup;
  config.base_learning_rate = 0.3;
  config.weight_decay = 5e-4;
  config.knn_every = static_cast<int>(std::clamp<int64_t>(7 * 1024 / images, 1, 7));
  return config;
}

}  // namespace

std::vector<std::string> preset_names() {
  return {"quick", "medium", "photos", "cifar10", "imagenet"};
}

bool needs_data(const std::string& name) { return name == "imagenet"; }

Config preset(const std::string& name, int64_t images) {
  if (name == "quick") return quick();
  if (name == "medium") return medium();
  if (name == "photos") return photos(images > 0 ? images : 10000);
  if (name == "cifar10") return cifar10();
  if (name == "imagenet") return imagenet();
  throw UsageError(fmt::format("--preset {}; one of {} is needed; use one of them", name,
                               fmt::join(preset_names(), ", ")));
}

}  // namespace siam
