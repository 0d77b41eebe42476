#include "experiments/run_store.h"

#include "experiments/build_tag.h"
#include "experiments/folder.h"
#include "experiments/json_text.h"
#include "simsiam/checkpoint_config.h"
#include "simsiam/config_json.h"
#include "simsiam/run_identity.h"
#include "tensor/allocator.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/hash.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json row_of(const EpochMetrics& metrics) {
  Json row = {{"epoch", metrics.epoch}};
  for (const Measurement& each : kMeasurements) row[each.name] = metrics.*each.field;
  return row;
}

EpochMetrics metrics_of(const Json& row) {
  EpochMetrics metrics{.epoch = row.at("epoch")};
  for (const Measurement& each : kMeasurements)
    if (const Json& value = row.at(each.name); !value.is_null()) metrics.*each.field = value;
  return metrics;
}

ConfigValue value_of(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  return json.get<std::string>();
}

}  // namespace

std::string run_id(const Config& config, const std::string& data_fingerprint) {
  const Json identity = {{"run", run_identity(config, data_fingerprint)}, {"build", kBuildTag}};
  const std::string text = identity.dump();
  return hash_text(hash_bytes(text.data(), text.size()));
}

std::optional<RunRecord> RunStore::load(const std::string& id) const {
  const std::filesystem::path path = folder_ / (id + ".json");
  if (!std::filesystem::exists(path)) return {};
  try {
    const Json json = Json::parse(read_file(path));
    RunRecord record{.name = json.at("name"),
                     .seed = json.at("config").at("seed"),
                     .id = id,
                     .seconds = json.at("seconds"),
                     .status = json.at("status")};
    for (const auto& [name, value] : json.at("config").items())
      record.config.emplace_back(name, value_of(value));
    record.untrained = metrics_of(json.at("untrained"));
    for (const Json& row : json.at("epochs")) {
      record.epochs.push_back(metrics_of(row));
      if (record.epochs.back().epoch != static_cast<int>(record.epochs.size())) return {};
    }
    const bool whole = record.epochs.size() == json.at("config").at("epochs").get<size_t>();
    if (record.status == "completed" && !whole) return {};
    return record;
  } catch (const Json::exception&) {
    return {};
  }
}

std::optional<RunRecord> RunStore::unfinished(const std::string& name, uint64_t seed,
                                              const std::string& id) const {
  std::optional<RunRecord> newest;
  fs::file_time_type time = fs::file_time_type::min();
  std::error_code error;  // there is no such folder yet
  for (fs::directory_iterator i(folder_, error), end; !error && i != end; i.increment(error)) {
    if (i->path().extension() != ".json" || i->path().stem() == id) continue;
    const std::optional<RunRecord> record = load(i->path().stem().string());
    if (!record || record->name != name || record->seed != seed || record->status == "completed" ||
        diverged(*record) || !fs::exists(checkpoint(record->id)))
      continue;
    if (const auto written = i->last_write_time(error); !error && written > time) {
      newest = record;
      time = written;
    }
  }
  return newest;
}

void RunStore::prepare(const std::string& id) const {
  prepare_folder(folder_, {id + ".json", id + ".safetensors"});
  prepare_folder(folder_ / "previous", {id + ".safetensors"});
}

std::string RunStore::damage(const std::string& id) const {
  try {
    checkpoint_config(load_safetensors(checkpoint(id)));
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

void RunStore::save_checkpoint(const std::string& id,
                               const std::function<void(const fs::path&)>& write) const {
  const fs::path newest = checkpoint(id), kept = previous(id);
  const fs::path next = folder_ / (id + ".next.safetensors");
  write(next);
  if (fs::exists(newest)) {
    // A second name for the same file: the first name stays until the new file takes it over.
    const fs::path second = kept.string() + ".tmp";
    std::error_code error;
    fs::remove(second, error);
    fs::create_hard_link(newest, second, error);
    if (error) fs::copy_file(newest, second);  // a file system without links
    rename_file(second, kept);
  }
  rename_file(next, newest);
}

bool RunStore::restore(const std::string& id, const std::function<void(const fs::path&)>& read,
                       const std::function<void(const std::string&)>& warn) const {
  for (const fs::path& path : {checkpoint(id), previous(id)}) {
    if (!fs::exists(path)) continue;
    RegularFile{path};  // what merely cannot be opened is not damaged
    try {
      read(path);
      return true;
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& error) {
      const fs::path aside = path.string() + ".damaged";
      rename_file(path, aside);
      warn(fmt::format("{}; set aside as {}; what was saved before it is used", error.what(),
                       aside.string()));
    }
  }
  return false;
}

void RunStore::save(const std::string& id, const RunRecord& record) const {
  Json json = {{"name", record.name},       {"status", record.status},
               {"build", kBuildTag},        {"config", to_json(record.config)},
               {"seconds", record.seconds}, {"untrained", row_of(record.untrained)},
               {"epochs", Json::array()}};
  for (const EpochMetrics& metrics : record.epochs) json["epochs"].push_back(row_of(metrics));
  write_file_atomically(folder_ / (id + ".json"), json_text(json));
}

}  // namespace siam
