// Saving and resuming a run.

#include "nn/checkpoint.h"
#include "simsiam/config_json.h"
#include "simsiam/trainer.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

// Shortest decimals that read back as the same double; NaN becomes null.
Json row_of(const EpochMetrics& metrics) {
  Json row = {metrics.epoch};
  for (const Measurement& each : kMeasurements) row.push_back(metrics.*each.field);
  return row;
}

EpochMetrics metrics_from(const Json& row) {
  EpochMetrics metrics{.epoch = row.at(0).get<int>()};
  size_t i = 1;
  for (const Measurement& each : kMeasurements) {
    const Json& value = row.at(i++);
    metrics.*each.field = value.is_null() ? kNotMeasured : value.get<double>();
  }
  return metrics;
}

}  // namespace

std::string Trainer::identity() const {
  Json json = to_json(describe(config_));
  json["data"] = data_.train->fingerprint();
  return json.dump();
}

void Trainer::save(const std::filesystem::path& path) {
  read_back();
  Json history = Json::array();
  for (const EpochMetrics& metrics : history_) history.push_back(row_of(metrics));
  const Json position = {position_.epoch,   position_.step,    position_.loss_sum,
                         position_.std_sum, position_.seconds, position_.wait_seconds};
  save_checkpoint(path, registry_, parameters_,
                  {{"format", "simsiam training state 1"},
                   {"run", identity()},
                   {"position", position.dump()},
                   {"history", history.dump()}});
}

void Trainer::resume(const std::filesystem::path& path) {
  const TensorFile file = load_safetensors(path);
  const auto& stored = file.metadata;
  check(stored.contains("run") && stored.contains("position") && stored.contains("history"),
        "{}: not a training state; a checkpoint written by this program is needed", path.string());
  const Json theirs = Json::parse(stored.at("run")), ours = Json::parse(identity());
  for (const auto& [name, value] : ours.items())
    check(theirs.contains(name) && theirs.at(name) == value,
          "{}: made with {} = {}, this run has {}; resume with the same options, or choose another "
          "--out",
          path.string(), name, theirs.contains(name) ? theirs.at(name).dump() : "nothing",
          value.dump());
  read_back();
  restore_checkpoint(file, path.string(), registry_, parameters_);
  const Json position = Json::parse(stored.at("position"));
  position_ = {.epoch = position.at(0),
               .step = position.at(1),
               .loss_sum = position.at(2),
               .std_sum = position.at(3),
               .seconds = position.at(4),
               .wait_seconds = position.at(5)};
  schedule_.step.copy_from(Tensor::full({}, static_cast<double>(steps_done()), DType::i32));
  history_.clear();
  for (const Json& row : Json::parse(stored.at("history"))) history_.push_back(metrics_from(row));
}

}  // namespace siam
