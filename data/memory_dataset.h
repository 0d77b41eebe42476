#pragma once

#include "data/dataset.h"

namespace siam {

/// Images of one size, held in memory.
class MemoryDataset : public Dataset {
 public:
  /// pixels [N,height,width,3], labels [N]. Error if the counts differ or a label is not a class.
  MemoryDataset(std::string name, std::vector<std::string> class_names, int height, int width,
                std::vector<uint8_t> pixels, std::vector<int32_t> labels);

  int64_t size() const override { return static_cast<int64_t>(labels_.size()); }
  Image image(int64_t index) const override;
  int label(int64_t index) const override { return labels_[index]; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  std::string name() const override { return name_; }
  std::string fingerprint() const override { return fingerprint_; }
  bool in_memory() const override { return true; }

 private:
  std::string name_;
  std::vector<std::string> class_names_;
  int height_, width_;
  std::vector<uint8_t> pixels_;
  std::vector<int32_t> labels_;
  std::string fingerprint_;
};

}  // namespace siam
