#include "data/dataset.h"

#include <fmt/ranges.h>

#include <cstdlib>

#include "data/formats.h"
#include "data/memory_dataset.h"
#include "tensor/check.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

class Subset : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> whole, std::vector<int64_t> indices)
      : whole_(std::move(whole)), indices_(std::move(indices)) {}

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  Image image(int64_t index) const override { return whole_->image(indices_[index]); }
  int label(int64_t index) const override { return whole_->label(indices_[index]); }
  const std::vector<std::string>& class_names() const override { return whole_->class_names(); }
  std::string name() const override { return whole_->name(); }
  bool in_memory() const override { return whole_->in_memory(); }
  std::string contents() const override {
    return fmt::format("{} of {}", size(), whole_->contents());
  }
  std::string fingerprint() const override {
    const std::string whole = whole_->fingerprint();
    return hash_text(hash_bytes(indices_.data(), indices_.size() * sizeof(int64_t),
                                hash_bytes(whole.data(), whole.size())));
  }

 private:
  std::shared_ptr<const Dataset> whole_;
  std::vector<int64_t> indices_;
};

}  // namespace

std::string Dataset::contents() const {
  return fmt::format("{} images in {} classes", size(), num_classes());
}

std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> dataset, int64_t count) {
  check(0 < count && count <= dataset->size(),
        "{} samples of {}; 1 to {} are needed; change --train-samples or --test-samples", count,
        dataset->name(), dataset->size());
  if (count == dataset->size()) return dataset;
  std::vector<std::vector<int64_t>> by_class(dataset->num_classes());
  for (int64_t i = 0; i < dataset->size(); ++i) by_class[dataset->label(i)].push_back(i);
  std::vector<int64_t> indices;
  for (size_t round = 0; static_cast<int64_t>(indices.size()) < count; ++round)
    for (const auto& members : by_class)
      if (round < members.size() && static_cast<int64_t>(indices.size()) < count)
        indices.push_back(members[round]);
  return std::make_shared<Subset>(std::move(dataset), std::move(indices));
}

TrainTest open_dataset(const fs::path& folder) {
  check(fs::exists(folder),
        "{}: no such folder; the folder of a data set is needed; correct --data", folder.string());
  check(fs::is_directory(folder),
        "{}: a file; the folder of a data set is needed; extract it if it is an archive, and "
        "correct --data",
        folder.string());
  for (auto open : {open_cifar, open_idx, open_image_folder})
    if (auto found = open(folder)) return *found;
  fail("{}: {}", folder.string(), what_it_looks_like(folder));
}

fs::path find_dataset(const std::optional<fs::path>& flag) {
  if (flag) return *flag;
  if (const char* variable = std::getenv("SIMSIAM_DATA")) return variable;
  const std::vector<fs::path> places = {"data/cifar-10-batches-bin", "../data/cifar-10-batches-bin",
                                        "/usr/share/datasets/fashion-mnist"};
  std::vector<std::string> tried;
  for (const fs::path& place : places) {
    if (fs::is_directory(place)) return place;
    tried.push_back(place.string());
  }
  fail(
      "no data: --data and $SIMSIAM_DATA are not set and {} are not there; run "
      "data/download_cifar10.sh, or "
      "apt-get install dataset-fashion-mnist",
      fmt::join(tried, ", "));
}

TrainTest subsets(const TrainTest& data, int64_t train, int64_t test) {
  return {train > 0 ? subset(data.train, train) : data.train,
          test > 0 ? subset(data.test, test) : data.test};
}

}  // namespace siam
