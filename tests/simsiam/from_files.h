#pragma once

#include "data/dataset.h"

namespace siam {

/// Images that host threads have to load one by one, like those of a folder.
class FromFiles : public Dataset {
 public:
  explicit FromFiles(std::shared_ptr<const Dataset> images) : images_(std::move(images)) {}
  int64_t size() const override { return images_->size(); }
  Image image(int64_t index) const override { return images_->image(index); }
  int label(int64_t index) const override { return images_->label(index); }
  const std::vector<std::string>& class_names() const override { return images_->class_names(); }
  std::string name() const override { return "files"; }
  std::string fingerprint() const override { return images_->fingerprint(); }

 private:
  std::shared_ptr<const Dataset> images_;
};

inline std::shared_ptr<const Dataset> from_files(std::shared_ptr<const Dataset> images) {
  return std::make_shared<FromFiles>(std::move(images));
}

}  // namespace siam
