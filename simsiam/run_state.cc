// Saving and resuming a run.

#include "nn/checkpoint.h"
#include "simsiam/config_json.h"
#include "simsiam/trainer.h"

namespace siam {

using Json = nlohmann::ordered_json;

std::string Trainer::identity() const {
  Json json = to_json(describe(config_));
  json["data"] = data_.train->fingerprint();
  return json.dump();
}

void Trainer::save(const std::filesystem::path& path) {
  read_back();
  save_checkpoint(path, registry_, parameters_,
                  training_state_metadata(identity(), {position_, history_}));
}

void Trainer::resume(const std::filesystem::path& path) {
  const TensorFile file = load_training_state(path);
  const Json theirs = metadata_json(file, "run"), ours = Json::parse(identity());
  const auto value = [](const Json& run, const std::string& name) {
    return run.contains(name) ? run.at(name).dump() : "nothing";
  };
  for (const Json* run : {&ours, &theirs})
    for (const auto& [name, ignored] : run->items())
      check(value(theirs, name) == value(ours, name),
            "{}: made with {} = {}, this run has {}; resume with the same options, or choose "
            "another --out",
            path.string(), name, value(theirs, name), value(ours, name));
  RunProgress progress = run_progress(file, config_, steps_per_epoch());
  read_back();
  restore_checkpoint(file, path.string(), registry_, parameters_);
  position_ = progress.position;
  history_ = std::move(progress.history);
  schedule_.step.copy_from(Tensor::full({}, static_cast<double>(steps_done()), DType::i32));
}

}  // namespace siam
