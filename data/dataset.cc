#include "data/dataset.h"

#include <fmt/ranges.h>

#include <cstdlib>

#include "data/formats.h"
#include "tensor/check.h"
#include "tensor/counted.h"
#include "tensor/io/hash.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

class Subset : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> whole, std::vector<int64_t> indices)
      : whole_(std::move(whole)), indices_(std::move(indices)) {}

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  Image image(int64_t index) const override { return whole_->image(indices_[index]); }
  Image image_around(int64_t index, const NeededPart& needed) const override {
    return whole_->image_around(indices_[index], needed);
  }
  int label(int64_t index) const override { return whole_->label(indices_[index]); }
  const std::vector<std::string>& class_names() const override { return whole_->class_names(); }
  std::string why_unlabelled() const override { return whole_->why_unlabelled(); }
  std::string name() const override { return whole_->name(); }
  fs::path path(int64_t index) const override { return whole_->path(indices_[index]); }
  bool in_memory() const override { return whole_->in_memory(); }
  UnusedFiles unused_files() const override { return whole_->unused_files(); }
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

// Two data sets of the same classes, concatenated.
class Joined : public Dataset {
 public:
  explicit Joined(TrainTest parts) : parts_(std::move(parts)) {}

  int64_t size() const override { return parts_.train->size() + parts_.test->size(); }
  Image image(int64_t index) const override {
    const auto [part, place] = find(index);
    return part.image(place);
  }
  Image image_around(int64_t index, const NeededPart& needed) const override {
    const auto [part, place] = find(index);
    return part.image_around(place, needed);
  }
  int label(int64_t index) const override {
    const auto [part, place] = find(index);
    return part.label(place);
  }
  const std::vector<std::string>& class_names() const override {
    return parts_.train->class_names();
  }
  std::string name() const override { return parts_.train->name(); }
  bool in_memory() const override { return parts_.train->in_memory() && parts_.test->in_memory(); }
  fs::path path(int64_t index) const override {
    const int64_t first = parts_.train->size();
    return index < first ? fmt::format("train/{}", index) : fmt::format("test/{}", index - first);
  }
  std::string fingerprint() const override {
    const std::string both = parts_.train->fingerprint() + parts_.test->fingerprint();
    return hash_text(hash_bytes(both.data(), both.size()));
  }

 private:
  struct Place {
    const Dataset& part;
    int64_t index;
  };
  Place find(int64_t index) const {
    const int64_t first = parts_.train->size();
    return index < first ? Place{*parts_.train, index} : Place{*parts_.test, index - first};
  }

  TrainTest parts_;
};

void check_folder(const fs::path& folder) {
  check(fs::exists(folder),
        "{}: no such folder; the folder of a data set is needed; correct the path",
        folder.string());
  check(fs::is_directory(folder),
        "{}: a file; the folder of a data set is needed; extract it if it is an archive, and "
        "correct the path",
        folder.string());
}

// A data set that is not stored as one file per image.
std::optional<TrainTest> open_records(const fs::path& folder) {
  if (auto found = open_cifar(folder)) return found;
  return open_idx(folder);
}

}  // namespace

Box around(const Box& a, const Box& b) {
  if (a.height == 0 || a.width == 0) return b;
  if (b.height == 0 || b.width == 0) return a;
  const int top = std::min(a.top, b.top), left = std::min(a.left, b.left);
  return {top, left, std::max(a.top + a.height, b.top + b.height) - top,
          std::max(a.left + a.width, b.left + b.width) - left};
}

std::string Dataset::contents() const {
  const std::string why = why_unlabelled();
  const std::string labels = labelled()    ? fmt::format("in {} classes", num_classes())
                             : why.empty() ? "without labels"
                                           : fmt::format("without labels: {}", why);
  return fmt::format("{} {}{}", counted(size(), "image"), labels, unused_files().text());
}

std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> dataset, int64_t count) {
  check(0 < count && count <= dataset->size(),
        "{} samples of {}; 1 to {} are needed; change --train-samples or --test-samples", count,
        dataset->name(), dataset->size());
  if (count == dataset->size()) return dataset;
  if (!dataset->labelled()) {
    std::vector<int64_t> spread(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) spread[i] = i * dataset->size() / count;
    return std::make_shared<Subset>(std::move(dataset), std::move(spread));
  }
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
  check_folder(folder);
  if (auto found = open_records(folder)) return *found;
  if (auto found = open_image_folder(folder)) return *found;
  fail("{}: {}", folder.string(), what_it_looks_like(folder));
}

TrainTest open_images(const fs::path& folder) {
  check_folder(folder);
  if (auto found = open_records(folder)) return *found;
  return open_any_images(folder);
}

std::shared_ptr<const Dataset> open_all_images(const fs::path& folder) {
  check_folder(folder);
  if (auto found = open_records(folder)) return std::make_shared<Joined>(*std::move(found));
  return list_images(folder);
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
