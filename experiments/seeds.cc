#include "experiments/seeds.h"

#include <algorithm>

#include "experiments/moments.h"

namespace siam {

namespace {

template <class Value>
Moments moments_of(const std::vector<const RunRecord*>& runs, const Value& value) {
  std::vector<double> values;
  for (const RunRecord* run : runs) values.push_back(value(*run));
  return moments(values);
}

SeedGroup average(const std::vector<const RunRecord*>& runs) {
  SeedGroup group{*runs[0], *runs[0], static_cast<int>(runs.size())};
  const auto set = [&](const auto& value) {
    const Moments m = moments_of(runs, value);
    value(group.mean) = m.mean;
    value(group.deviation) = m.deviation;
  };
  const auto set_all = [&](const auto& metrics) {
    for (const Measurement& measurement : kMeasurements)
      set([&](auto& run) -> auto& { return metrics(run).*measurement.field; });
  };
  set([](auto& run) -> auto& { return run.seconds; });
  set_all([](auto& run) -> auto& { return run.untrained; });
  size_t epochs = runs[0]->epochs.size();
  for (const RunRecord* run : runs) {
    epochs = std::min(epochs, run->epochs.size());
    if (run->status != "completed") group.mean.status = run->status;
    group.mean.reused = group.mean.reused && run->reused;
  }
  group.mean.epochs.resize(epochs);
  group.deviation.epochs.resize(epochs);
  for (size_t i = 0; i < epochs; ++i) set_all([i](auto& run) -> auto& { return run.epochs[i]; });
  return group;
}

}  // namespace

std::vector<SeedGroup> group_seeds(std::span<const RunRecord> runs) {
  std::vector<std::vector<const RunRecord*>> groups;
  for (const RunRecord& run : runs) {
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const auto& group) { return group[0]->name == run.name; });
    if (same == groups.end())
      groups.push_back({&run});
    else
      same->push_back(&run);
  }
  std::vector<SeedGroup> result;
  for (const auto& group : groups) result.push_back(average(group));
  return result;
}

}  // namespace siam
