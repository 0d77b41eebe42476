// Checkpoints with damaged contents: found before anything is changed.

#include "simsiam/training_state.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "simsiam/checkpoint_config.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

using Json = nlohmann::ordered_json;

// The checkpoint of a run after one epoch and two steps.
struct Saved {
  ScratchFolder folder;
  std::filesystem::path path = folder / "state.safetensors";
  Saved() {
    Trainer trainer(tiny(), data());
    trainer.train_epoch();
    try {
      trainer.train_epoch([](const StepInfo& info) {
        if (info.step == 2) throw 0;
      });
    } catch (int) {
    }
    trainer.save(path);
  }
};

// Checks that resuming and evaluating it are refused with this message, and that nothing is
// changed.
void check_refused(const std::filesystem::path& path, const std::string& expected,
                   bool judged = true) {
  Trainer trainer(tiny(), data());
  const Tensor values = trainer.parameters().values.clone();
  CAPTURE(expected);
  CHECK_THROWS_WITH_AS(trainer.resume(path), doctest::Contains(expected.c_str()), Error);
  CHECK(same_bits(values, trainer.parameters().values));
  CHECK(trainer.steps_done() == 0);
  CHECK(trainer.history().empty());
  if (judged)
    CHECK_THROWS_WITH_AS(load_trained(path, Device::cpu), doctest::Contains(expected.c_str()),
                         Error);
}

}  // namespace

TEST_CASE("position and history: every field by type, by range, and against the others") {
  const Saved saved;
  const TensorFile whole = load_safetensors(saved.path);
  const auto refused = [&](const std::string& name, const auto& change, const char* expected,
                           bool judged = true) {
    TensorFile file = whole;
    Json json = Json::parse(file.metadata.at(name));
    change(json);
    file.metadata[name] = json.dump();
    save_safetensors(saved.folder / "changed", file);
    check_refused(saved.folder / "changed", expected, judged);
  };
  const auto position = [&](int field, const Json& value, const char* expected,
                            bool judged = true) {
    refused(
        "position", [&](Json& json) { json[field] = value; }, expected, judged);
  };
  position(0, -1, "epoch is -1, 0 to 3 is needed");
  position(0, 4, "epoch is 4, 0 to 3 is needed");
  position(0, 1.5, "epoch is 1.5");
  position(0, nullptr, "its 'position' is damaged: epoch is null");
  position(0, 9223372036854775809u, "epoch is 9223372036854775809");
  position(1, -1, "step is -1, 0 to ");
  position(1, 5, "step is 5, 0 to 4 is needed", false);  // only the run knows its steps per epoch
  position(1, 3000000000, "step is 3000000000");
  position(1, "2", "step is \"2\"");
  position(2, 2.5, "sum of losses is 2.5, -2.002 to 2.002");
  position(2, nullptr, "sum of losses is null");
  position(3, -0.5, "sum of deviations is -0.5");
  position(3, 3.5, "sum of deviations is 3.5");
  position(4, -1, "seconds is -1");
  position(5, 1e9, "seconds of waiting is 1000000000.0");
  // Without matching history: epoch 2 of 3, the end, the beginning.
  position(0, 2, "its 'history' at epoch 2 is damaged: a list of 2 is needed");
  position(0, 0, "its 'history' at epoch 0 is damaged");
  refused(
      "position", [](Json& j) { j = {3, 0, 0.0, 0.0, 0.0, 0.0}; }, "'history' at epoch 3");
  position(0, 3, "step is 2, 0 to 0 is needed");  // finished, and two steps more
  refused(
      "position", [](Json& j) { j.erase(5); }, "a list of 6 is needed");
  refused(
      "position", [](Json& j) { j = "here"; }, "a list of 6 is needed");

  const auto history = [&](int field, const Json& value, const char* expected) {
    refused(
        "history", [&](Json& json) { json[0][field] = value; }, expected);
  };
  history(0, 2, "'history', row 1, is damaged: epoch is 2, 1 to 1 is needed");
  history(1, -1.5, "loss is -1.5, -1.001 to 1.001");
  history(1, nullptr, "loss is null");
  history(2, 7, "std*sqrt(d) is 7");
  history(3, 101, "knn is 101, 0 to 100 is");
  history(4, 0.4, "learning_rate is 0.4");
  history(5, -3, "seconds is -3");
  history(6, "fast", "images_per_second is \"fast\"");
  history(7, 2, "data_wait is 2");
  history(8, 101, "recall is 101, 0 to 100 is");
  history(9, -1, "alignment is -1");
  history(10, "full", "effective_rank is \"full\"");
  refused(
      "history", [](Json& j) { j[0].erase(7); }, "row 1, is damaged: a list of 12");
  refused(
      "history", [](Json& j) { j[0] = nullptr; }, "row 1, is damaged: a list of 12");
  refused(
      "history", [](Json& j) { j = nullptr; }, "a list of 1 is needed");
  for (const char* name : {"run", "position", "history"}) {
    TensorFile file = whole;
    file.metadata[name] = "[1,";
    save_safetensors(saved.folder / "changed", file);
    check_refused(saved.folder / "changed", fmt::format("its '{}' is damaged", name));
    file.metadata.erase(name);
    save_safetensors(saved.folder / "changed", file);
    check_refused(saved.folder / "changed", fmt::format("it has no '{}'", name));
  }
  refused(
      "run", [](Json& j) { j["tf32"] = true; }, "made with tf32 = true, this run has nothing",
      false);
  refused(
      "run", [](Json& j) { j["data"] = 3; }, "data", true);
  // The state that was changed everywhere above is valid unchanged.
  Trainer trainer(tiny(), data());
  trainer.resume(saved.path);
  CHECK(trainer.steps_done() == 6);
  CHECK(load_trained(saved.path, Device::cpu).epochs == 1);
}

TEST_CASE("a run goes on from the checkpoint of a version that had fewer settings") {
  const Saved saved;
  TensorFile file = load_safetensors(saved.path);
  Json run = Json::parse(file.metadata.at("run"));
  for (const char* name : {"hue", "min_scale", "kernels"}) CHECK(run.erase(name) == 1);
  file.metadata["run"] = run.dump();
  save_safetensors(saved.folder / "old", file);
  Trainer trainer(tiny(), data());
  trainer.resume(saved.folder / "old");
  CHECK(trainer.steps_done() == 6);
  Config other = tiny();
  other.augment.hue = 0.2f;
  Trainer changed(other, data());
  CHECK_THROWS_WITH_AS(changed.resume(saved.folder / "old"),
                       doctest::Contains("made with hue = 0.1, this run has 0.2"), Error);
  CHECK(load_trained(saved.folder / "old", Device::cpu).assumed ==
        std::vector<std::string>{"min_scale", "hue"});
  run["kernels"] = "abacus";
  file.metadata["run"] = run.dump();
  save_safetensors(saved.folder / "old", file);
  CHECK_THROWS_WITH_AS(trainer.resume(saved.folder / "old"),
                       doctest::Contains("made with kernels = \"abacus\""), Error);
}

TEST_CASE("rows of a version that measured less are read, and what they lack is not measured") {
  const Saved saved;
  TensorFile file = load_safetensors(saved.path);
  Json history = Json::parse(file.metadata.at("history"));
  while (history[0].size() > 8) history[0].erase(8);
  file.metadata["history"] = history.dump();
  const EpochMetrics row = run_progress(file, tiny(), 4).history[0];
  CHECK(row.data_wait >= 0);
  CHECK((std::isnan(row.recall) && std::isnan(row.alignment) && std::isnan(row.effective_rank)));
}

TEST_CASE("a row of history may lack a kNN accuracy, but not the run's last") {
  const Saved saved;
  TensorFile file = load_safetensors(saved.path);
  Config config = tiny();
  Json history = Json::parse(file.metadata.at("history"));
  history[0][3] = nullptr;
  file.metadata["history"] = history.dump();
  CHECK(std::isnan(run_progress(file, config, 4).history[0].knn));
  config.epochs = 1;
  history[0][4] = config.learning_rate();
  file.metadata["history"] = history.dump();
  file.metadata["position"] = "[1,0,0.0,0.0,0.0,0.0]";
  CHECK_THROWS_WITH_AS(run_progress(file, config, 4), doctest::Contains("knn is null"), Error);
  history[0][8] = 12.5;  // there are no labels
  file.metadata["history"] = history.dump();
  CHECK(run_progress(file, config, 4).history[0].recall == 12.5);
}

TEST_CASE("formats: the one before, which had no checksum, is read; an unknown one is not") {
  const Saved saved;
  TensorFile file = load_safetensors(saved.path);
  const auto with = [&](const std::string& format, bool checksum) {
    file.metadata["format"] = format;
    save_safetensors(saved.folder / "changed", file);
    std::string bytes = read_file(saved.folder / "changed");
    if (!checksum) bytes.replace(bytes.find("siam.xxh3"), 9, "siam.none");
    write_file_atomically(saved.folder / "changed", bytes);
    return saved.folder / "changed";
  };
  Trainer trainer(tiny(), data());
  trainer.resume(with("simsiam training state 1", false));
  CHECK(trainer.steps_done() == 6);
  check_refused(with("simsiam training state 2", false), "its checksum is missing");
  check_refused(with("simsiam training state 3", true), "its format is 'simsiam training state 3'");
  check_refused(with("pt", true), "not a training state");
  file.metadata.erase("format");
  save_safetensors(saved.folder / "changed", file);
  check_refused(saved.folder / "changed", "not a training state");
}

// Like torchvision's weights: with a 64-bit counter.
TEST_CASE("that a file is no training state is said before anything about its tensors") {
  const ScratchFolder folder;
  const std::string header =
      R"({"bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  write_file_atomically(folder / "resnet", bytes + header + std::string(8, '\0'));
  check_refused(folder / "resnet", "resnet: a file of tensors, but not a training state; ");
  write_file_atomically(folder / "weights.pth", std::string("PK\3\4\0\0\x8\x8\0\0", 10) + header);
  check_refused(folder / "weights.pth", "weights.pth: is a zip archive, as PyTorch's .pth files");
}

TEST_CASE("flipped bits anywhere in a checkpoint are found, and nothing is changed") {
  const Saved saved;
  const std::string whole = read_file(saved.path);
  Trainer trainer(tiny(), data());
  const Tensor values = trainer.parameters().values.clone();
  std::mt19937 random(2);
  for (int trial = 0; trial < 300; ++trial) {
    std::string bytes = whole;
    const size_t at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    CAPTURE(at);
    write_file_atomically(saved.folder / "flipped", bytes);
    CHECK_THROWS_AS(trainer.resume(saved.folder / "flipped"), Error);
    CHECK_THROWS_AS(load_trained(saved.folder / "flipped", Device::cpu), Error);
  }
  CHECK(same_bits(values, trainer.parameters().values));
  CHECK(trainer.steps_done() == 0);
}

}  // namespace siam
