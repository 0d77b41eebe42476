#include "simsiam/training_state.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "simsiam/config_table.h"
#include "simsiam/learning_rates.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

// Version 2 has a checksum, version 1 had none.
const std::string kFormat = "simsiam training state ", kVersion = "2", kVersionBefore = "1";

struct Range {
  double least, most;
  bool optional = false;  ///< may be missing, as NaN
};

// Rows of earlier versions had only these.
constexpr size_t kMeasuredBefore = 7, kRecall = 7;
static_assert(kMeasurements[kRecall].field == &EpochMetrics::recall);

constexpr double kLong = 1e12;  // limit for seconds, or for anything per second
// Unbiased deviations of n unit vectors: at most sqrt(n / (n - 1)) of 1, and n is 2 or more.
constexpr Range kStd = {0, 1.5};

// For a step or an epoch's mean. Cosines are computed from rounded vectors, so they may slightly
// exceed 1; a cross-entropy has no largest value.
Range loss_range(const Config& config) {
  if (negative_cosine(config)) return {-1.001, 1.001};
  return {0, std::numeric_limits<float>::max()};
}

// The ranges of an epoch's measurements, in the order of kMeasurements. `recall`: the row has one,
// so there are no labels.
std::vector<Range> ranges(const Config& config, int epoch, bool recall) {
  const double rate = learning_rates(config, epoch - 1).encoder, slack = 1e-9 * rate;
  const bool last = epoch == config.epochs;  // which is always measured
  return {loss_range(config),
          kStd,
          {0, 100, !last || recall},
          {rate - slack, rate + slack},  // another machine's cosine
          {0, kLong},
          {0, kLong, true},
          {0, 1.001, true},
          {0, 100, true},
          {-0.001, 4.001, true},
          {0, kMaxChannels, true},
          {0, 100, true}};
}

// The entries of a list in the metadata, read one after another.
class List {
 public:
  List(const TensorFile& file, std::string what, const Json& list, size_t size)
      : file_(file), what_(std::move(what)), list_(list) {
    check(list.is_array() && list.size() == size,
          "{}: its {} is damaged: a list of {} is needed; use another copy", file.source, what_,
          size);
  }

  int64_t integer(const char* name, int64_t least, int64_t most) {
    const Json& value = list_[next_++];
    require(
        value.is_number_integer() && least <= value.get<int64_t>() && value.get<int64_t>() <= most,
        name, value, fmt::format("{} to {}", least, most));
    return value.get<int64_t>();
  }
  double real(const char* name, const Range& range) {
    const Json& value = list_[next_++];
    if (value.is_null() && range.optional) return kNotMeasured;
    require(value.is_number() && range.least <= value.get<double>() &&
                value.get<double>() <= range.most,
            name, value, fmt::format("{} to {}", range.least, range.most));
    return value.get<double>();
  }

 private:
  void require(bool ok, const char* name, const Json& value, const std::string& needed) const {
    check(ok, "{}: its {} is damaged: {} is {}, {} is needed; use another copy", file_.source,
          what_, name, value.dump(), needed);
  }

  const TensorFile& file_;
  std::string what_;
  const Json& list_;
  size_t next_ = 0;
};

Position position_from(const TensorFile& file, const Config& config, int64_t steps_per_epoch) {
  const Json json = metadata_json(file, "position");
  List list(file, "'position'", json, 6);
  Position position{.epoch = static_cast<int>(list.integer("epoch", 0, config.epochs))};
  int64_t most = steps_per_epoch > 0 ? steps_per_epoch : std::numeric_limits<int32_t>::max();
  if (position.epoch == config.epochs) most = 0;
  position.step = list.integer("step", 0, most);
  const auto sum = [&](const Range& range) {
    const double steps = static_cast<double>(position.step);
    return Range{steps * range.least, steps * range.most};
  };
  position.loss_sum = list.real("sum of losses", sum(loss_range(config)));
  position.std_sum = list.real("sum of deviations", sum(kStd));
  position.seconds = list.real("seconds", {0, kLong});
  position.wait_seconds = list.real("seconds of waiting", {0, 1.001 * position.seconds});
  return position;
}

// Shortest decimals that read back as the same double; NaN becomes null.
Json row_of(const EpochMetrics& metrics) {
  Json row = {metrics.epoch};
  for (const Measurement& each : kMeasurements) row.push_back(metrics.*each.field);
  return row;
}

EpochMetrics metrics_from(const TensorFile& file, const Json& row, const Config& config,
                          int epoch) {
  const size_t written =
      row.size() == 1 + kMeasuredBefore ? kMeasuredBefore : std::size(kMeasurements);
  List list(file, fmt::format("'history', row {},", epoch), row, 1 + written);
  EpochMetrics metrics{.epoch = static_cast<int>(list.integer("epoch", epoch, epoch))};
  const std::vector<Range> allowed =
      ranges(config, epoch, written > kRecall && row[1 + kRecall].is_number());
  for (size_t i = 0; i < written; ++i)
    metrics.*kMeasurements[i].field = list.real(kMeasurements[i].name, allowed.at(i));
  return metrics;
}

}  // namespace

std::map<std::string, std::string> training_state_metadata(const std::string& run,
                                                           const RunProgress& progress) {
  const Position& at = progress.position;
  const Json position = {at.epoch, at.step, at.loss_sum, at.std_sum, at.seconds, at.wait_seconds};
  Json history = Json::array();
  for (const EpochMetrics& metrics : progress.history) history.push_back(row_of(metrics));
  return {{"format", kFormat + kVersion},
          {"run", run},
          {"position", position.dump()},
          {"history", history.dump()}};
}

bool is_training_state(const std::map<std::string, std::string>& metadata) {
  const auto format = metadata.find("format");
  return format != metadata.end() && format->second.starts_with(kFormat);
}

TensorFile load_training_state(const std::filesystem::path& path) {
  // Checked before the tensors are read: those of other programs may have types that are not
  // supported here.
  const std::map<std::string, std::string> metadata = load_metadata(path);
  const auto format = metadata.find("format");
  check(is_training_state(metadata),
        "{}: a file of tensors, but not a training state; a checkpoint written by a training run "
        "is needed; use one, <out>/runs/<id>.safetensors, or make one by `simsiam import`",
        path.string());
  check(format->second == kFormat + kVersion || format->second == kFormat + kVersionBefore,
        "{}: its format is '{}'; '{}{}' or '{}' is needed; use the version that made it",
        path.string(), format->second, kFormat, kVersionBefore, kVersion);
  TensorFile file = load_safetensors(path);
  check(file.checksummed || format->second != kFormat + kVersion,
        "{}: its checksum is missing; a whole checkpoint is needed; use another copy", file.source);
  return file;
}

Json metadata_json(const TensorFile& file, const std::string& name) {
  const auto text = file.metadata.find(name);
  check(text != file.metadata.end(),
        "{}: not a training state, it has no '{}'; a checkpoint written by a training run is "
        "needed; use one",
        file.source, name);
  Json json = Json::parse(text->second, nullptr, /*allow_exceptions=*/false);
  check(!json.is_discarded(),
        "{}: its '{}' is damaged; a checkpoint written by a training run is needed; use another "
        "copy",
        file.source, name);
  return json;
}

RunProgress run_progress(const TensorFile& file, const Config& config, int64_t steps_per_epoch) {
  RunProgress progress{position_from(file, config, steps_per_epoch), {}};
  const Json history = metadata_json(file, "history");
  const int epochs = progress.position.epoch;
  List(file, fmt::format("'history' at epoch {}", epochs), history, epochs);
  for (int i = 0; i < epochs; ++i)
    progress.history.push_back(metrics_from(file, history[i], config, i + 1));
  return progress;
}

}  // namespace siam
