// Saving and resuming a run.

#include <nlohmann/json.hpp>

#include "nn/checkpoint.h"
#include "simsiam/checkpoint_config.h"
#include "simsiam/config_json.h"
#include "simsiam/run_identity.h"
#include "simsiam/trainer.h"

namespace siam {

using Json = nlohmann::ordered_json;

namespace {

// An old checkpoint lacks settings added since, and says nothing about the kernels.
Json identity_of(const TensorFile& file, const Json& kernels) {
  const Json stored = metadata_json(file, "run");
  Json identity = to_json(describe(checkpoint_config(file)));
  if (stored.contains("data")) identity["data"] = stored.at("data");
  identity["kernels"] = stored.contains("kernels") ? stored.at("kernels") : kernels;
  return identity;
}

}  // namespace

std::string Trainer::identity() const {
  return run_identity(config_, data_.train->fingerprint()).dump();
}

void Trainer::check_alike() const {
  const std::string here = identity();
  check(ranks_.all_true(ranks_.broadcast(here) == here),
        "the ranks have different configurations, data or kinds of CPU, this one {}; the same are "
        "needed on all machines; start the same build on the same data",
        here);
}

void Trainer::share() {
  if (ranks_.size() == 1) return;
  read_back();
  for (const Tensor& part : {parameters_.values, parameters_.momentum}) ranks_.broadcast(part);
  for (const auto& [name, buffer] : registry_.buffers) ranks_.broadcast(*buffer);
  parameters_.refresh();
  const auto metadata = training_state_metadata(identity(), {position_, history_});
  TensorFile state{.source = "rank 0's state"};
  for (const char* name : {"position", "history"})
    state.metadata[name] = ranks_.broadcast(metadata.at(name));
  continue_at(run_progress(state, config_, steps_per_epoch()));
}

uint64_t Trainer::checkpoint_bytes() const {
  return siam::checkpoint_bytes(registry_, parameters_);
}

void Trainer::save(const std::filesystem::path& path) {
  read_back();
  save_checkpoint(path, registry_, parameters_,
                  training_state_metadata(identity(), {position_, history_}));
}

void Trainer::resume(const std::filesystem::path& path) {
  const TensorFile file = load_training_state(path);
  const Json ours = Json::parse(identity()), theirs = identity_of(file, ours.at("kernels"));
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
  restore_checkpoint(file, registry_, parameters_);
  continue_at(std::move(progress));
}

void Trainer::continue_at(RunProgress progress) {
  position_ = progress.position;
  history_ = std::move(progress.history);
  schedule_.step.copy_from(Tensor::full({}, static_cast<double>(steps_done()), DType::i32));
}

}  // namespace siam
