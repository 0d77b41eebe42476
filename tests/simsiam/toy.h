#pragma once
// A data set and a configuration that are small enough to train in milliseconds.

#include "data/memory_dataset.h"
#include "simsiam/trainer.h"
#include "tests/same_bits.h"
#include "tests/scratch.h"

namespace siam {

// Three classes of noisy colour patches.
inline std::shared_ptr<const Dataset> patches(int64_t count, uint32_t stream) {
  constexpr int kSize = 12;
  std::vector<uint8_t> pixels(count * kSize * kSize * 3);
  std::vector<int32_t> labels(count);
  Random random(5, Purpose::test, stream);
  for (int64_t i = 0; i < count; ++i) {
    labels[i] = static_cast<int32_t>(i % 3);
    for (int j = 0; j < kSize * kSize; ++j)
      for (int c = 0; c < 3; ++c)
        pixels[(i * kSize * kSize + j) * 3 + c] =
            static_cast<uint8_t>(random.below(120) + (labels[i] == c ? 120 : 0));
  }
  return std::make_shared<MemoryDataset>("patches",
                                         std::vector<std::string>{"red", "green", "blue"}, kSize,
                                         kSize, std::move(pixels), std::move(labels));
}

inline TrainTest data() { return {patches(48, 1), patches(24, 2)}; }

inline Config tiny() {
  Config config;
  config.model = {.backbone = {.arch = {{1, 1, 1, 1}}, .width = 4},
                  .projector_layers = 2,
                  .projector_hidden = 16,
                  .dim = 16,
                  .predictor_hidden = 8};
  config.augment.size = 8;
  config.epochs = 3;
  config.batch_size = 12;
  config.base_learning_rate = 0.5;
  config.knn.k = 5;
  config.seed = 3;
  return config;
}

inline void train_to_end(Trainer& trainer) {
  while (!trainer.finished()) trainer.train_epoch();
}

}  // namespace siam
