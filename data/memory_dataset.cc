#include "data/memory_dataset.h"

#include "tensor/check.h"
#include "tensor/io/hash.h"

namespace siam {

MemoryDataset::MemoryDataset(std::string name, std::vector<std::string> class_names, int height,
                             int width, std::vector<uint8_t> pixels, std::vector<int32_t> labels)
    : name_(std::move(name)),
      class_names_(std::move(class_names)),
      height_(height),
      width_(width),
      pixels_(std::move(pixels)),
      labels_(std::move(labels)) {
  const size_t image = static_cast<size_t>(height) * width * 3;
  check(pixels_.size() == labels_.size() * image,
        "{}: {} bytes of pixels for {} labels; {} are needed", name_, pixels_.size(),
        labels_.size(), labels_.size() * image);
  for (size_t i = 0; i < labels_.size(); ++i)
    check(0 <= labels_[i] && labels_[i] < num_classes(),
          "{}: record {} has label {}; 0 to {} is needed; the data is damaged", name_, i,
          labels_[i], num_classes() - 1);
  fingerprint_ = hash_text(hash_bytes(labels_.data(), labels_.size() * sizeof(int32_t),
                                      hash_bytes(pixels_.data(), pixels_.size())));
}

Image MemoryDataset::image(int64_t index) const {
  return {height_, width_, pixels_.data() + index * height_ * width_ * 3, nullptr};
}

}  // namespace siam
