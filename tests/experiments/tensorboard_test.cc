// Event files, read back by the test's own decoder (events.h).

#include "experiments/tensorboard.h"

#include <cmath>
#include <ctime>

#include "experiments/experiment.h"
#include "tensor/io/atomic_file.h"
#include "tests/experiments/events.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

Config forty_steps() {
  Config config = tiny();
  config.batch_size = 2;  // 24 steps in an epoch
  config.base_learning_rate = 0.05;
  return config;
}

struct Watched {
  ScratchFolder out;
  Experiment experiment{Results(out.path(), "toy"), {}, {}, 33};
  std::vector<std::string> warnings;
  TensorBoard board{out.path(), [this](const std::string& text) { warnings.push_back(text); }};
  RunRecord run{.name = "toy", .id = "0123", .untrained = {.knn = 40}};

  std::filesystem::path folder() const { return out.path() / "tensorboard" / "0123"; }
  // To the end, or until `on_step` throws.
  void train(Trainer& trainer, const std::function<void(const StepInfo&)>& on_step) {
    board.begin(experiment, run, trainer);
    while (!trainer.finished()) {
      run.epochs.push_back(trainer.train_epoch([&](const StepInfo& info) {
        board.step(info);
        on_step(info);
      }));
      board.epoch(experiment, run);
    }
    board.end(experiment, run);
  }
};

}  // namespace

TEST_CASE("CRC-32C: the known answers") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);  // RFC 3720, B.4
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  const std::string bytes = "any bytes \x80\xff\x01";
  CHECK(crc32c(bytes) == bitwise_crc32c(bytes));
}

TEST_CASE("an event file: version, start, scalars, whole after every one") {
  const ScratchFolder folder;
  EventFile file(folder / "run", 300);
  CHECK(file.path().filename().string().starts_with("events.out.tfevents."));
  CHECK(file.add(300, std::vector<Scalar>{{"loss", -0.25}, {"a long tag √", 1e30}}));
  CHECK(file.add(int64_t{1} << 40, std::vector<Scalar>{{"loss", NAN}}));
  const std::vector<ReadEvent> events = read_events(file.path());
  REQUIRE(events.size() == 4);
  CHECK(events[0].version == "brain.Event:2");
  CHECK(events[1].session == 1);
  CHECK(events[1].step == 300);
  CHECK(events[2].scalars ==
        std::map<std::string, float>{{"loss", -0.25f}, {"a long tag √", 1e30f}});
  CHECK(std::abs(events[2].wall_time - static_cast<double>(std::time(nullptr))) < 60);
  CHECK(events[3].step == int64_t{1} << 40);
  CHECK(std::isnan(events[3].scalars.at("loss")));

  const EventFile second(folder / "run", 301), third(folder / "run", 302);
  CHECK(event_files(folder / "run") ==
        std::vector<std::filesystem::path>{file.path(), second.path(), third.path()});
}

TEST_CASE("a run's events: the steps' means, the epochs' measurements, and no more than those") {
  Watched watched;
  Trainer trainer(forty_steps(), data());
  std::vector<double> means;  // over the epoch so far
  watched.train(trainer, [&](const StepInfo& info) { means.push_back(info.loss); });
  REQUIRE(means.size() == 72);
  CHECK(steps_of(watched.folder(), "step/loss") ==
        std::vector<int64_t>{10, 20, 24, 34, 44, 48, 58, 68, 72});
  CHECK(steps_of(watched.folder(), "epoch/loss") == std::vector<int64_t>{24, 48, 72});
  CHECK(steps_of(watched.folder(), "epoch/knn") == std::vector<int64_t>{0, 24, 48, 72});
  CHECK(steps_of(watched.folder(), "epoch/recall").empty());
  for (const ReadEvent& event : read_events(event_files(watched.folder()).at(0))) {
    if (event.scalars.contains("step/loss") && event.step == 44)  // steps 11 to 20 of epoch 2
      CHECK(event.scalars.at("step/loss") ==
            doctest::Approx((20 * means[43] - 10 * means[33]) / 10).epsilon(1e-5));
    if (event.scalars.contains("step/loss")) {
      CHECK(event.scalars.at("step/images_per_second") > 0);
      const auto epoch = static_cast<int>((event.step - 1) / 24);
      CHECK(event.scalars.at("step/learning_rate") ==
            static_cast<float>(learning_rates(forty_steps(), epoch).encoder));
    }
    if (event.scalars.contains("epoch/loss"))
      CHECK(event.scalars.at("epoch/loss") ==
            static_cast<float>(watched.run.epochs.at(event.step / 24 - 1).loss));
  }
  CHECK(watched.warnings.empty());
}

TEST_CASE("a run that is continued has a second file, and no step twice") {
  Watched watched;
  const auto checkpoint = watched.out / "state";
  {
    Trainer trainer(forty_steps(), data());
    try {
      watched.train(trainer, [](const StepInfo& info) {
        if (info.epoch == 2 && info.step == 13) throw 0;
      });
    } catch (int) {
    }
    trainer.save(checkpoint);
    watched.board.end(watched.experiment, watched.run);
  }
  Trainer trainer(forty_steps(), data());
  trainer.resume(checkpoint);
  watched.train(trainer, [](const StepInfo&) {});
  REQUIRE(event_files(watched.folder()).size() == 2);
  CHECK(read_events(event_files(watched.folder())[1]).at(1).step == 38);  // 24 + 13 were done
  // The window cut off by the end of the first program is lost: 38 begins a new one.
  CHECK(steps_of(watched.folder(), "step/loss") ==
        std::vector<int64_t>{10, 20, 24, 34, 48, 58, 68, 72});
  CHECK(steps_of(watched.folder(), "epoch/loss") == std::vector<int64_t>{24, 48, 72});
}

TEST_CASE("a folder that cannot be made is an error before the first step") {
  Watched watched;
  std::filesystem::create_directories(watched.out.path());
  write_file_atomically(watched.out / "tensorboard", "a file");
  Trainer trainer(forty_steps(), data());
  CHECK_THROWS(watched.board.begin(watched.experiment, watched.run, trainer));
}

}  // namespace siam
