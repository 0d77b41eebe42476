// What a run leaves on disk: the two newest checkpoints; and one process at a time.

#include "experiments/run_store.h"

#include <unistd.h>

#include <cmath>

#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  return paths;
}

void damage(const fs::path& file) { std::ofstream(file, std::ios::binary) << "garbage"; }

// Two runs of toy size, complete.
struct Trained {
  ToyCifar data;
  ScratchFolder out;
  Trained() { CHECK(run().find("complete in") == std::string::npos); }
  std::string run(const std::vector<std::string>& more = {}) const {
    const ProcessResult result =
        run_process(toy_command(data.path(), out.path(), more), fs::temp_directory_path());
    CHECK_MESSAGE(result.status == 0, result.output);
    return result.output;
  }
  // "run,seed,epoch,loss,std,kNN" of each row.
  std::string measured() const {
    std::string rows;
    for (const std::string& line : lines_of(read_file(out / "stopgrad/metrics.csv"))) {
      size_t end = 0;
      for (int i = 0; i < 6; ++i) end = line.find(',', end + 1);
      rows += line.substr(0, end) + "\n";
    }
    return rows;
  }
};

}  // namespace

TEST_CASE("the newest checkpoint replaces the one before, which is kept") {
  const ScratchFolder out;
  const RunStore store(out.path());
  store.prepare("id");
  CHECK(files(out / "runs").empty());
  const auto save = [&](const std::string& text) {
    store.save_checkpoint("id", [&](const fs::path& path) { write_file_atomically(path, text); });
  };
  save("1");
  CHECK(read_file(store.checkpoint("id")) == "1");
  CHECK(!fs::exists(store.previous("id")));
  save("2");
  save("3");
  CHECK(read_file(store.checkpoint("id")) == "3");
  CHECK(read_file(store.previous("id")) == "2");
  // A save that fails changes neither.
  CHECK_THROWS_AS(store.save_checkpoint("id", [](const fs::path&) { fail("full"); }), Error);
  CHECK(read_file(store.checkpoint("id")) == "3");
  CHECK(read_file(store.previous("id")) == "2");
  CHECK(files(out / "runs").size() == 1);
}

TEST_CASE("of two checkpoints the newest that can be used is") {
  const ScratchFolder out;
  const RunStore store(out.path());
  store.prepare("id");
  for (const char* text : {"old", "new"})
    store.save_checkpoint("id", [&](const fs::path& path) { write_file_atomically(path, text); });
  std::string used, warned, unusable;
  const auto restore = [&] {
    used.clear();
    return store.restore(
        "id",
        [&](const fs::path& path) {
          check(read_file(path) != unusable, "{}: damaged", path.string());
          used = read_file(path);
        },
        [&](const std::string& text) { warned = text; });
  };
  CHECK(restore());
  CHECK(used == "new");
  CHECK(warned.empty());
  unusable = "new";
  CHECK(restore());
  CHECK(used == "old");
  CHECK(warned.find(store.checkpoint("id").string() + ": damaged; ") == 0);
  CHECK(read_file(store.checkpoint("id").string() + ".damaged") == "new");
  // The next save does not drop the good checkpoint in favour of the damaged one.
  store.save_checkpoint("id", [&](const fs::path& path) { write_file_atomically(path, "newer"); });
  CHECK(read_file(store.previous("id")) == "old");
  unusable = "newer";
  CHECK(restore());
  unusable = "old";
  CHECK(!restore());
  CHECK(!restore());
}

TEST_CASE("a checkpoint that cannot be opened is an error, and not set aside as damaged") {
  const ScratchFolder out;
  const RunStore store(out.path());
  store.prepare("id");
  fs::create_directory(store.checkpoint("id"));  // root can open every file
  CHECK_THROWS_AS(store.restore(
                      "id", [](const fs::path&) {}, [](const std::string&) {}),
                  Error);
  CHECK(fs::is_directory(store.checkpoint("id")));
}

TEST_CASE("a record keeps all that was measured, and names that are not UTF-8 do not lose it") {
  const ScratchFolder out;
  const RunStore store(out.path());
  store.prepare("id");
  RunRecord record{.name = "run",
                   .config = {{"seed", int64_t{3}}, {"epochs", int64_t{2}}},
                   .seed = 3,
                   .epochs = {{.epoch = 1, .loss = -0.5, .recall = 12.5}},
                   .untrained = {.recall = 3.5, .effective_rank = 7},
                   .status = "stopped: caf\xe9.jpg"};
  store.save("id", record);
  const auto loaded = store.load("id");
  REQUIRE(loaded);
  CHECK(loaded->status.starts_with("stopped: caf"));
  CHECK(loaded->untrained.recall == 3.5);
  CHECK(loaded->untrained.effective_rank == 7);
  CHECK(std::isnan(loaded->untrained.knn));
  CHECK(loaded->epochs.at(0).recall == 12.5);
}

TEST_CASE("a run that an error ends says so in its summary") {
  const ToyCifar data;
  const ScratchFolder out;
  std::string command = "ulimit -f 100; exec";  // no room for a checkpoint
  for (const std::string& word : toy_command(data.path(), out.path())) command += " " + word;
  const ProcessResult result = run_process({"sh", "-c", command}, fs::temp_directory_path());
  CAPTURE(result.output);
  CHECK(result.status == 1);
  CHECK(count(read_file(out / "stopgrad/summary.json"), "\"status\": \"failed: ") == 1);
  CHECK(count(read_file(out / "stopgrad/report.html"), "http-equiv=\"refresh\"") == 0);
}

TEST_CASE("a damaged newest checkpoint of a run is trained again from the one before") {
  const Trained trained;
  const std::string before = trained.measured();
  for (const fs::path& file : files(trained.out / "runs")) damage(file);
  const std::string output = trained.run();
  CHECK(count(output, ": it was complete, but ") == 2);
  CHECK(count(output, ".safetensors.damaged") == 2);
  CHECK(count(output, "continues after step 2 of 4") == 2);
  CHECK(trained.measured() == before);
  CHECK(count(trained.run(), ": complete in ") == 2);
}

TEST_CASE("a completed run without a checkpoint is trained again, and says so") {
  const Trained trained;
  const std::string before = trained.measured();
  fs::remove_all(trained.out / "runs/previous");
  const std::vector<fs::path> all = files(trained.out / "runs");
  REQUIRE(all.size() == 2);
  fs::remove(all[0]);
  damage(all[1]);
  const std::string output = trained.run();
  CHECK(count(output, ": it was complete, but ") == 2);
  CHECK(count(output, "it is trained again") == 2);
  CHECK(count(output, ": complete in ") == 0);
  CHECK(trained.measured() == before);
  CHECK(files(trained.out / "runs").size() == 2);
}

TEST_CASE("without gnuplot a study leaves all but the picture, and says how to draw it") {
  const ToyCifar data;
  const ScratchFolder out, empty;
  const auto run = [&](const std::string& path) {
    std::vector<std::string> command = toy_command(data.path(), out.path());
    command.insert(command.begin(), {"env", "PATH=" + path});
    const ProcessResult result = run_process(command, "/");
    CHECK_MESSAGE(result.status == 0, result.output);
    return result.output;
  };
  const std::string advice = "install it (apt-get install gnuplot-nox) and run `gnuplot figure.gp`";
  CHECK(run(empty.path().string()).find(advice) != std::string::npos);
  CHECK(read_file(out / "stopgrad/report.md").find(advice) != std::string::npos);
  CHECK(!fs::exists(out / "stopgrad/figure.svg"));
  if (std::system("command -v gnuplot > /dev/null") != 0) return;
  for (const char* script : {"figure.gp", "collapse.gp"})
    REQUIRE(run_process({"gnuplot", script}, out / "stopgrad").status == 0);
  const std::string drawn = read_file(out / "stopgrad/figure.svg");
  // A rerun without gnuplot keeps the picture, which matches its data.
  CHECK(run(empty.path().string()).find("gnuplot") == std::string::npos);
  CHECK(read_file(out / "stopgrad/figure.svg") == drawn);
  CHECK(read_file(out / "stopgrad/report.md").find(advice) == std::string::npos);
}

TEST_CASE("folders and files are tried before training") {
  const ToyCifar data;
  const auto fails = [&](const ScratchFolder& out, const std::string& expected) {
    const ProcessResult result =
        run_process(toy_command(data.path(), out.path()), fs::temp_directory_path());
    CAPTURE(result.output);
    CHECK(result.status == 1);
    const std::vector<std::string> lines = lines_of(result.output);
    CHECK(lines.back().starts_with("error: "));
    CHECK(lines.back().find(expected) != std::string::npos);
    CHECK(count(result.output, "epoch 1/") == 0);  // from a progress line
  };
  {
    const ScratchFolder out;
    std::ofstream(out / "runs") << "x";
    fails(out, "/runs: cannot create this folder: ");
  }
  {
    const ScratchFolder out;
    fs::create_symlink("/nowhere/at/all", out / "runs");
    fails(out, "/runs: cannot create this folder: ");
  }
  {
    const ScratchFolder out;
    fs::create_symlink("/proc", out / "runs");  // root may write everywhere else
    fails(out, "choose another");
  }
  {
    const ScratchFolder out;
    fs::create_directories(out / "stopgrad/summary.json");
    fails(out, "summary.json: cannot write: it exists and is not a file");
  }
}

TEST_CASE("a second process is refused while one trains, unless it needs finished runs alone") {
  const Trained trained;
  const std::vector<std::string> longer = {"--epochs", "4000"};
  Background first(toy_command(trained.data.path(), trained.out.path(), longer),
                   trained.out / "log");
  REQUIRE(first.says("epoch 2/4000"));

  const ProcessResult second =
      run_process(toy_command(trained.data.path(), trained.out.path(), {"--seed", "2"}), "/");
  CAPTURE(second.output);
  CHECK(second.status == 1);
  const std::string last = lines_of(second.output).back();
  CHECK(last.starts_with("error: " + trained.out.path().string() + ": in use by process " +
                         std::to_string(first.process()) + " on "));
  CHECK(last.find("--epochs 4000") != std::string::npos);
  CHECK(count(second.output, "kNN") == 0);
  CHECK(count(trained.run(), ": complete in ") == 2);
  CHECK(
      run_process(toy_command(trained.data.path(), trained.out.path(), {"--fresh"}), "/").status ==
      1);

  first.signal(SIGKILL);
  first.wait();
  trained.run({"--seed", "2"});  // its death has released the lock
}

TEST_CASE("many processes that need finished runs do not disturb one another") {
  const Trained trained;
  const std::vector<std::string> command = toy_command(trained.data.path(), trained.out.path());
  std::vector<std::unique_ptr<Background>> readers;
  for (int i = 0; i < 4; ++i)
    readers.push_back(
        std::make_unique<Background>(command, trained.out / ("log" + std::to_string(i))));
  for (const auto& reader : readers) {
    const int status = reader->wait();
    CHECK_MESSAGE(status == 0, reader->output());
  }
  CHECK(fs::file_size(trained.out / "stopgrad/figure.svg") > 0);
}

}  // namespace siam
