#include "data/tolerant.h"

namespace siam {

namespace {

constexpr size_t kListed = 10;  // the others were named when they were met

// The first part of "what was seen; what is needed; what to do".
std::string seen(const std::string& error) { return error.substr(0, error.find("; ")); }

}  // namespace

bool tolerated(int64_t bad, int64_t images, double max_bad_fraction) {
  // The quotient, not the product: 29 / 100 is the number that "0.29" is read as, 0.29 * 100 is
  // less than 29.
  return bad == 0 || static_cast<double>(bad) / static_cast<double>(images) <= max_bad_fraction;
}

TolerantDataset::TolerantDataset(std::shared_ptr<const Dataset> whole, Tolerance tolerance)
    : whole_(std::move(whole)), tolerance_(std::move(tolerance)) {}

template <class Read>
Image TolerantDataset::image_or_neighbour(int64_t index, const Read& read) const {
  const int64_t count = size();
  for (const bool same_class : {true, false})
    for (int64_t step = 0; step < count; ++step) {
      const int64_t candidate = (index + step) % count;
      if ((label(candidate) == label(index)) != same_class) continue;
      try {
        return read(candidate);
      } catch (const Error& error) {
        record(candidate, error.what());
      }
    }
  const std::lock_guard lock(mutex_);
  throw TooManyBadFiles(fmt::format(
      "{}: no image can be read: {}; one at least is needed; replace the files", name(), list()));
}

Image TolerantDataset::image(int64_t index) const {
  return image_or_neighbour(index, [&](int64_t i) { return whole_->image(i); });
}

Image TolerantDataset::image_around(int64_t index, const NeededPart& needed) const {
  return image_or_neighbour(index, [&](int64_t i) { return whole_->image_around(i, needed); });
}

void TolerantDataset::record(int64_t index, const std::string& error) const {
  const std::lock_guard lock(mutex_);
  const bool known = !bad_.try_emplace(index, BadFile{index, path(index), seen(error)}).second;
  if (!known && tolerance_.warn)
    tolerance_.warn(fmt::format("{}; a neighbour takes its place ({} of {} images so far)",
                                seen(error), bad_.size(), size()));
  if (!tolerated(std::ssize(bad_), size(), tolerance_.max_bad_fraction))
    throw TooManyBadFiles(fmt::format(
        "{}: {} of {} images cannot be read: {}; at most {} of all is allowed; replace or remove "
        "them, or raise --max-bad-fraction",
        name(), bad_.size(), size(), list(), tolerance_.max_bad_fraction));
}

// Called with the mutex held.
std::string TolerantDataset::list() const {
  std::string text;
  size_t listed = 0;
  for (const auto& [index, file] : bad_) {
    if (listed == kListed) return text + fmt::format(", and {} more", bad_.size() - kListed);
    text += fmt::format("{}{}", listed++ == 0 ? "" : ", ", file.reason);
  }
  return text;
}

std::vector<BadFile> TolerantDataset::bad() const {
  const std::lock_guard lock(mutex_);
  std::vector<BadFile> files;
  for (const auto& [index, file] : bad_) files.push_back(file);
  return files;
}

std::shared_ptr<const TolerantDataset> tolerant(std::shared_ptr<const Dataset> dataset,
                                                Tolerance tolerance) {
  return std::make_shared<TolerantDataset>(std::move(dataset), std::move(tolerance));
}

TrainTest tolerant(const TrainTest& data, const Tolerance& tolerance) {
  return {tolerant(data.train, tolerance), tolerant(data.test, tolerance)};
}

}  // namespace siam
