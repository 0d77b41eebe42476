// Options that a study would not follow are refused rather than ignored.

#include <algorithm>
#include <limits>
#include <set>

#include "experiments/presets.h"
#include "experiments/study.h"
#include "simsiam/config_table.h"

namespace siam {

namespace {

// Settings that only some methods read (simsiam/objectives/).
struct PartOfMethods {
  std::string_view flag;
  std::vector<Method> methods;
};

const std::vector<PartOfMethods>& parts_of_methods() {
  using enum Method;
  static const std::vector<PartOfMethods> parts = {
      {"--stop-gradient", {simsiam}},
      {"--similarity", {simsiam, alternating, expectation, byol}},
      {"--symmetric", {simsiam, alternating, expectation, byol}},
      {"--steps-per-target", {alternating}},
      {"--target-momentum", {expectation, byol}},
      {"--temperature", {simclr}}};
  return parts;
}

std::vector<Run> runs_around(const Config& config, const Study& study) {
  return study.runs({config, std::numeric_limits<int32_t>::max()});
}

std::vector<std::vector<SettingValue>> settings_of_runs(const Config& config, const Study& study) {
  std::vector<std::vector<SettingValue>> runs;
  for (const Run& run : runs_around(config, study)) runs.push_back(settings_of(run.config));
  return runs;
}

}  // namespace

void check_options(const Study& study, const Options& options) {
  const Config plain = preset(options.preset);
  const std::vector<SettingValue> asked = settings_of(options.config), usual = settings_of(plain);
  const auto before = settings_of_runs(plain, study),
             after = settings_of_runs(options.config, study);
  for (size_t i = 0; i < asked.size(); ++i) {
    if (asked[i].value == usual[i].value) continue;
    bool follow = true, as_asked = true, compared = false;
    for (size_t run = 0; run < std::min(before.size(), after.size()); ++run) {
      follow = follow && after[run][i].value != before[run][i].value;
      as_asked = as_asked && after[run][i].value == asked[i].value;
      compared = compared || before[run][i].value != before[0][i].value;
    }
    if (!follow && (compared || !as_asked))
      throw UsageError(
          fmt::format("{} with the study '{}', which chooses it; the preset's value is needed; "
                      "leave it out, or use another study",
                      asked[i].setting.flag, study.name));
  }
}

void check_used(std::span<const Study> studies, const Options& options) {
  std::set<Method> methods;
  for (const Study& study : studies)
    for (const Run& run : runs_around(options.config, study))
      methods.insert(run.config.objective.method);
  const std::vector<SettingValue> asked = settings_of(options.config),
                                  usual = settings_of(preset(options.preset));
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto part =
        std::ranges::find(parts_of_methods(), asked[i].setting.flag, &PartOfMethods::flag);
    if (part == parts_of_methods().end() || asked[i].value == usual[i].value) continue;
    if (std::ranges::none_of(part->methods, [&](Method each) { return methods.contains(each); }))
      throw UsageError(fmt::format(
          "{} with --method {}, which has no use for it; --method {} is needed; leave one out",
          part->flag, name_of(options.config.objective.method), name_of(part->methods.back())));
  }
}

}  // namespace siam
