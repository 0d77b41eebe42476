#include "experiments/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "simsiam/trainer.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kImages = 500;

// Five digits are more than a picture can show.
double rounded(double value) { return std::stod(fmt::format("{:.5g}", value)); }

std::shared_ptr<const Dataset> shown_images(const std::shared_ptr<const Dataset>& test) {
  return subset(test, std::min(kImages, test->size()));
}

Snapshot snapshot_of(const Json& json, size_t images) {
  Snapshot snapshot{json.at("epoch").get<int>(), {}};
  snapshot.cloud.points = json.at("points").get<std::vector<std::array<double, 2>>>();
  snapshot.cloud.deviations = json.at("deviations").get<std::vector<double>>();
  check(snapshot.cloud.points.size() == images && snapshot.cloud.deviations.size() >= 2,
        "snapshot: {} points; {} are needed; use --fresh", snapshot.cloud.points.size(), images);
  return snapshot;
}

}  // namespace

std::optional<Snapshots> load_snapshots(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  try {
    const Json json = Json::parse(read_file(file));
    Snapshots snapshots{json.at("labels").get<std::vector<int>>(), {}};
    for (const Json& each : json.at("snapshots"))
      snapshots.taken.push_back(snapshot_of(each, snapshots.labels.size()));
    return snapshots;
  } catch (const Json::exception&) {
    return {};
  } catch (const Error&) {
    return {};
  }
}

void save_snapshots(const std::filesystem::path& file, const Snapshots& snapshots) {
  Json json = {{"labels", snapshots.labels}, {"snapshots", Json::array()}};
  for (const auto& [epoch, cloud] : snapshots.taken) {
    Json points = Json::array(), deviations = Json::array();
    for (const auto& [x, y] : cloud.points) points.push_back({rounded(x), rounded(y)});
    for (const double deviation : cloud.deviations) deviations.push_back(rounded(deviation));
    json["snapshots"].push_back(
        {{"epoch", epoch}, {"points", std::move(points)}, {"deviations", std::move(deviations)}});
  }
  write_file_atomically(file, json.dump() + "\n");
}

SnapshotLog::SnapshotLog(std::filesystem::path file, std::set<int> epochs,
                         const std::shared_ptr<const Dataset>& test, bool resume)
    : file_(std::move(file)), epochs_(std::move(epochs)) {
  if (epochs_.empty()) return;
  images_ = shown_images(test);
  if (images_->size() < kLeastImages) epochs_.clear();
  if (auto stored = load_snapshots(file_); resume && stored) snapshots_ = std::move(*stored);
  snapshots_.labels.clear();
  for (int64_t i = 0; i < images_->size(); ++i) snapshots_.labels.push_back(images_->label(i));
}

bool SnapshotLog::due(int epoch) const {
  return epochs_.contains(epoch) &&
         std::none_of(snapshots_.taken.begin(), snapshots_.taken.end(),
                      [&](const Snapshot& each) { return each.epoch == epoch; });
}

void SnapshotLog::take(int epoch, const Trainer& trainer) {
  auto& taken = snapshots_.taken;
  const auto place = std::find_if(taken.begin(), taken.end(),
                                  [&](const Snapshot& each) { return each.epoch > epoch; });
  taken.insert(place, take_snapshot(epoch, trainer.model(), *images_, trainer.config()));
  std::error_code said_by_the_write;
  std::filesystem::create_directories(file_.parent_path(), said_by_the_write);
  save_snapshots(file_, snapshots_);
}

}  // namespace siam
