// `simsiam pretrain` and `simsiam plan` on toy-sized folders of images.

#include <fmt/format.h>

#include "tests/data/files.h"
#include "tests/experiments/events.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// 40 JPEGs, each different, in `classes` folders, or in none.
struct Photos {
  ScratchFolder folder;
  explicit Photos(int classes = 0) {
    for (int i = 0; i < 40; ++i) {
      const std::string name = fmt::format("{:02}.jpg", i);
      write(folder / (classes > 0 ? fmt::format("class {}/{}", i % classes, name) : name),
            jpeg_bytes(20, 24, 3, [&](int y, int x, int c) {
              return 60 + (x * (i % 7 + 1) + y * (i % 5 + 1) + 40 * c * (i % 3)) % 160;
            }));
    }
  }
  std::string path() const { return folder.path().string(); }
};

std::vector<std::string> command(const std::string& name, const std::vector<std::string>& more) {
  std::vector<std::string> words = {program_path("SIMSIAM"), name, "--device", "cpu"};
  const std::vector<std::pair<std::string, std::string>> defaults = {
      {"--image-size", "16"}, {"--width", "4"},      {"--dim", "16"},
      {"--epochs", "2"},      {"--batch-size", "8"}, {"--threads", "1"}};
  for (const auto& [option, value] : defaults)
    if (std::find(more.begin(), more.end(), option) == more.end())
      words.insert(words.end(), {option, value});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

ProcessResult simsiam(const std::string& name, const std::vector<std::string>& more) {
  return run_process(command(name, more), fs::temp_directory_path());
}

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("pretrain: a flat folder, without labels, said what it costs, watched, and reported") {
  const Photos photos;
  const ScratchFolder out;
  const std::vector<std::string> words = {photos.path(), "--out", out.path().string()};
  const ProcessResult result = simsiam("pretrain", words);
  REQUIRE_MESSAGE(result.status == 0, result.output);
  has(result.output, "36 images without labels");
  has(result.output, "plan: 36 images, ");
  has(result.output, "recall ");
  has(result.output, "forecast: an epoch ");
  CHECK(result.output.find("kNN") == std::string::npos);
  const std::string page = read_file(out / "pretrain/report.html");
  has(page, "recall@1 of a second view (%)");
  CHECK(page.find("http-equiv=\"refresh\"") == std::string::npos);
  has(read_file(out / "pretrain/report.md"), "recall untrained (%)");
  has(read_file(out / "pretrain/metrics.csv"), "effective rank");
  const std::string id = checkpoints(out.path()).at(0).stem().string();
  const fs::path events = out / "tensorboard" / id;
  CHECK(steps_of(events, "epoch/recall") == std::vector<int64_t>{0, 8});  // measured at the end
  CHECK(steps_of(events, "epoch/loss") == std::vector<int64_t>{4, 8});

  const ProcessResult again = simsiam("pretrain", words);
  CHECK(again.status == 0);
  has(again.output, "complete in");
  CHECK(again.output.find("plan:") == std::string::npos);
  CHECK(event_files(events).size() == 1);
}

TEST_CASE("pretrain: folders as labels have kNN accuracy; event files are left out where asked") {
  const Photos photos(2);
  const ScratchFolder out;
  const ProcessResult result =
      simsiam("pretrain", {photos.path(), "--out", out.path().string(), "--no-tensorboard"});
  REQUIRE_MESSAGE(result.status == 0, result.output);
  has(result.output, "images in 2 classes");
  has(result.output, "kNN ");
  CHECK(!fs::exists(out / "tensorboard"));
}

// Another preset is not for own images.
TEST_CASE("pretrain: after a short run the report advises more epochs") {
  const Photos photos(2);
  const ScratchFolder out;
  const ProcessResult result = simsiam(
      "pretrain", {photos.path(), "--out", out.path().string(), "--epochs", "1", "--lr", "1e-9"});
  REQUIRE_MESSAGE(result.status == 0, result.output);
  has(read_file(out / "pretrain/report.md"), "network's. A larger --epochs trains longer.");
}

TEST_CASE("pretrain: a run that was interrupted and continued has no event twice") {
  const Photos photos;
  const ScratchFolder out;
  const std::vector<std::string> words = {
      photos.path(), "--out", out.path().string(), "--epochs", "400", "--warmup", "0"};
  {
    Background run(command("pretrain", words), out / "log");
    REQUIRE_MESSAGE(run.says("epoch 3/"), run.output());
    run.signal(SIGINT);
    CHECK(run.wait() == 130);
    const std::string page = read_file(out / "pretrain/report.html");
    has(page, "interrupted after step");
    CHECK(page.find("http-equiv=\"refresh\"") == std::string::npos);
  }
  const ProcessResult result = simsiam("pretrain", words);
  REQUIRE_MESSAGE(result.status == 0, result.output);
  const fs::path events = out / "tensorboard" / checkpoints(out.path()).at(0).stem();
  CHECK(event_files(events).size() == 2);
  for (const char* tag : {"step/loss", "epoch/loss"}) {
    const std::vector<int64_t> steps = steps_of(events, tag);
    CAPTURE(tag);
    CHECK(std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>()) == steps.end());
    CHECK(steps.back() == 1600);
  }
  CHECK(steps_of(events, "epoch/loss").size() == 400);
}

TEST_CASE("pretrain: an unfinished run of other images is named, since it does not continue") {
  const Photos photos;
  const ScratchFolder out;
  const auto interrupted = [&](const std::string& log, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {
        photos.path(), "--out", out.path().string(), "--epochs", "400", "--warmup", "0"};
    words.insert(words.end(), more.begin(), more.end());
    Background run(command("pretrain", words), out / log);
    REQUIRE_MESSAGE(run.says("epoch 3/"), run.output());
    run.signal(SIGINT);
    CHECK(run.wait() == 130);
    return run.output();
  };
  CHECK(interrupted("log").find("a new run; ") == std::string::npos);
  const std::string id = checkpoints(out.path()).at(0).stem().string();
  fs::remove(fs::path(photos.path()) / "00.jpg");
  const std::string second = interrupted("log2");
  has(second, id + ".safetensors, unfinished after");
  has(second, "has another set of images or build");
  CHECK(checkpoints(out.path()).size() == 2);
  // The probe, which is off by default, is stated by the run that has it alone.
  const std::string third = interrupted("log3", {"--linear-probe"});
  has(third, "has another linear_probe");
  has(third, "no linear probe: it needs images of several classes");
  has(interrupted("log4", {"--hue", "0.2"}), "has another hue, linear_probe");
}

TEST_CASE("plan: a table, and nothing is written") {
  const Photos photos;
  const ScratchFolder out;
  const ProcessResult result =
      simsiam("plan", {photos.path(), "--out", (out / "results").string()});
  REQUIRE_MESSAGE(result.status == 0, result.output);
  for (const char* row :
       {"parameters", "peak memory", "an epoch of 4 steps", "a run of 2 epochs", "disk"})
    has(result.output, row);
  has(simsiam("plan", {photos.path(), "--seeds", "3"}).output, "all 3 runs");
  CHECK(out.entries() == 0);
}

TEST_CASE("own images: bad command lines and folders are one line") {
  const ScratchFolder empty;
  const auto fails = [](int status, const std::vector<std::string>& words, const char* expected) {
    for (const char* name : {"pretrain", "plan"}) {
      const ProcessResult result = simsiam(name, words);
      CAPTURE(result.output);
      CHECK(result.status == status);
      CHECK(lines_of(result.output).size() == 1);
      CHECK(result.output.starts_with("error: "));
      has(result.output, expected);
    }
  };
  fails(2, {}, "DIR is required");
  fails(2, {empty.path().string(), "--data", "x"}, "--data: there is no such option");
  fails(2, {empty.path().string(), "--preset", "photo"}, "--preset photo");
  fails(1, {(empty / "none").string()}, "no such folder");
  fails(1, {empty.path().string()}, empty.path().string().c_str());
}

TEST_CASE("pretrain and plan go on where images are damaged, and name each once") {
  const Photos photos;
  const ScratchFolder out;
  for (const char* name : {"07.jpg", "21.jpg", "33.jpg"})
    fs::resize_file(photos.folder / name, 200);
  const std::vector<std::string> limit = {photos.path(), "--max-bad-fraction", "0.3"};
  CHECK(simsiam("plan", limit).status == 0);
  std::vector<std::string> words = {photos.path(), "--out", out.path().string()};
  const ProcessResult stopped = simsiam("pretrain", words);
  CHECK(stopped.status == 1);
  has(stopped.output, "images cannot be read: ");
  words.insert(words.end(), limit.begin() + 1, limit.end());
  const ProcessResult result = simsiam("pretrain", words);
  CAPTURE(result.output);
  CHECK(result.status == 0);
  for (const char* name : {"07.jpg: ", "21.jpg: ", "33.jpg: "})
    CHECK(count(result.output, name) == 1);
}

}  // namespace siam
