// Snapshots of embeddings: taken when requested, kept beside the run, drawn.

#include "experiments/snapshots.h"

#include <fmt/format.h>

#include "experiments/collapse_figure.h"
#include "experiments/figure.h"
#include "tensor/io/atomic_file.h"
#include "tests/experiments/svg.h"
#include "tests/experiments/trained.h"
#include "tests/experiments/xml.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// Four images of two classes, at the ends of a cross.
Snapshot cross(int epoch, double size) {
  return {epoch, {{{size, 0}, {-size, 0}, {0, size / 2}, {0, -size / 2}}, {size, size / 2, 0}}};
}

std::vector<fs::path> snapshot_files(const fs::path& out) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(out / "runs/embeddings"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> snapshot_texts(const fs::path& out) {
  std::vector<std::string> texts;
  for (const fs::path& file : snapshot_files(out)) texts.push_back(read_file(file));
  return texts;
}

std::string run_toy(const ToyCifar& data, const fs::path& out,
                    const std::vector<std::string>& more = {}) {
  const ProcessResult result =
      run_process(toy_command(data.path(), out, more), fs::temp_directory_path());
  CHECK_MESSAGE(result.status == 0, result.output);
  return result.output;
}

}  // namespace

TEST_CASE("snapshots come back from their file; a damaged one counts as none") {
  const ScratchFolder folder;
  const fs::path file = folder / "a.json";
  CHECK(!load_snapshots(file));
  save_snapshots(file, {{0, 1, 0, 1}, {cross(0, 0.5), cross(5, 1e-7)}});
  const auto read = load_snapshots(file);
  REQUIRE(read);
  CHECK(read->labels == std::vector{0, 1, 0, 1});
  REQUIRE(read->taken.size() == 2);
  CHECK(read->taken[1].epoch == 5);
  CHECK(read->taken[1].cloud.points[2] == std::array{0.0, 5e-8});
  CHECK(read->taken[1].cloud.deviations == std::vector{1e-7, 5e-8, 0.0});
  const std::string text = read_file(file);
  for (const std::string& bad :
       {text.substr(0, text.size() / 2), std::string("{}"), std::string(),
        R"({"labels":[0],"snapshots":[{"epoch":0,"points":[],"deviations":[1,1]}]})" +
            std::string()}) {
    CAPTURE(bad);
    write_file_atomically(file, bad);
    CHECK(!load_snapshots(file));
  }
}

TEST_CASE("a snapshot is taken once for each epoch that is asked for") {
  const ScratchFolder folder;
  const fs::path file = folder / "a.json";
  const Trainer trainer(tiny(), siam::data());
  SnapshotLog log(file, {0, 2}, siam::data().test, /*resume=*/true);
  CHECK(log.due(0));
  CHECK(!log.due(1));
  log.take(2, trainer);
  log.take(0, trainer);
  CHECK(!log.due(0));
  const auto read = load_snapshots(file);
  REQUIRE(read);
  CHECK(read->labels.size() == 24);
  CHECK(read->taken[0].epoch == 0);
  CHECK(read->taken[1].epoch == 2);
  CHECK(!SnapshotLog(file, {0, 2}, siam::data().test, /*resume=*/true).due(2));
  CHECK(SnapshotLog(file, {0, 2}, siam::data().test, /*resume=*/false).due(2));
  SnapshotLog none(folder / "b.json", {}, siam::data().test, /*resume=*/true);
  CHECK(!none.due(0));
  CHECK(!fs::exists(folder / "b.json"));
}

TEST_CASE("the strip: every run, epoch and class has its place, and what is missing is named") {
  const std::vector<CloudRow> rows = {
      {"with", {{0, 1, 0, 1}, {cross(0, 0.5), cross(5, 0.25)}}},
      {"without \"it\"", {{0, 1, 0, 1}, {cross(0, 0.5), cross(2, 0), cross(5, 1e-9)}}}};
  const std::string csv = collapse_csv(rows, {"cat", "dog"});
  CHECK(count(csv, "class,") == 2);
  CHECK(count(csv, "panel,0,") == 3);
  CHECK(count(csv, "\ncloud,1,") == 8);
  CHECK(count(csv, "\ncloud,2,") == 12);
  // (1/4 + 1/16) 0.25, all of it in the first two directions.
  CHECK(csv.find("cloud,1,3,0,0.25,0,\"variance 0.078, 100 % in this view\"") != std::string::npos);
  CHECK(csv.find("cloud,1,3,1,-0.25,0,") != std::string::npos);
  CHECK(count(csv, "\nspectrum,1,") == 4);  // not the zeros
  CHECK(count(csv, "\nspectrum,2,") == 4);
  CHECK(count(collapse_csv(rows, std::vector<std::string>(100, "many")), "class,") == 0);

  const ScratchFolder folder;
  try {
    draw_picture(csv, collapse_script(), folder.path(), "collapse");
  } catch (const NotDrawn& error) {
    MESSAGE("skipped: " << error.what());
    return;
  }
  const std::string svg = read_file(folder / "collapse.svg");
  check_xml(svg);
  for (const char* text : {">with<", ">without \"it\"<", ">epoch 0<", ">epoch 2<", ">epoch 5<",
                           ">variance 0.078<", ">variance 0<", ">cat<", ">dog<"}) {
    CAPTURE(text);
    CHECK(svg.find(text) != std::string::npos);
  }
  CHECK(count(svg, ">not recorded<") == 1);
  CHECK(fs::exists(folder / "collapse.png"));
}

TEST_CASE("a study's runs have their snapshots, interrupted, continued and used again") {
  const ToyCifar data;
  const ScratchFolder whole, parts;
  run_toy(data, whole.path(), {"--epochs", "3"});
  const auto expected = snapshot_texts(whole.path());
  REQUIRE(expected.size() == 2);
  for (const fs::path& file : snapshot_files(whole.path())) {
    const auto snapshots = load_snapshots(file);
    REQUIRE(snapshots);
    REQUIRE(snapshots->taken.size() == 3);  // 0, 1, 2; 5 and 10 are past the end
    CHECK(snapshots->labels.size() == ToyCifar::kRecords);
  }
  CHECK(fs::exists(whole / "stopgrad/collapse.csv"));
  const std::string report = read_file(whole / "stopgrad/report.md");
  CHECK(report.find("](neighbours.svg)") != std::string::npos);
  check_xml(read_file(whole / "stopgrad/neighbours.svg"));
  const auto drawn = fs::last_write_time(whole / "stopgrad/neighbours.svg");

  Background first(toy_command(data.path(), parts.path(), {"--epochs", "3"}), parts / "log");
  CHECK(first.says("epoch 1"));
  first.signal(SIGINT);
  first.wait();
  run_toy(data, parts.path(), {"--epochs", "3"});
  CHECK(snapshot_texts(parts.path()) == expected);

  CHECK(count(run_toy(data, whole.path(), {"--epochs", "3"}), "were not recorded") == 0);
  CHECK(snapshot_texts(whole.path()) == expected);
  CHECK(read_file(whole / "stopgrad/report.md").find("](neighbours.svg)") != std::string::npos);
  CHECK(fs::last_write_time(whole / "stopgrad/neighbours.svg") == drawn);

  fs::remove(snapshot_files(whole.path())[0]);
  CHECK(count(run_toy(data, whole.path(), {"--epochs", "3"}),
              "its embeddings at epoch 0, 1, 2 were not recorded when it was trained; --fresh "
              "trains it again") == 1);
  run_toy(data, whole.path(), {"--epochs", "3", "--fresh"});
  CHECK(snapshot_texts(whole.path()) == expected);
}

}  // namespace siam
