// `simsiam doctor` and `simsiam view` on folders of images, and a study that meets bad files.

#include <nlohmann/json.hpp>

#include "data/image_file.h"
#include "data/loader.h"
#include "experiments/view_picture.h"
#include "tensor/io/read_file.h"
#include "tensor/io/safetensors.h"
#include "tests/data/files.h"
#include "tests/experiments/trained.h"
#include "tests/same_bits.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

bool says(const ProcessResult& result, const std::string& text) {
  return result.output.find(text) != std::string::npos;
}

// Images of waves, each different.
void write_image(const fs::path& path, int number, int height = 40, int width = 50) {
  write(path, jpeg_bytes(height, width, 3, [&](int y, int x, int c) {
          return (number * 37 + y * (c + 2) + x * (3 - c)) % 256;
        }));
}

void write_parts(const fs::path& folder, int images) {
  for (int i = 0; i < images; ++i)
    for (const char* part : {"train", "val"})
      write_image(folder / part / (i % 2 == 0 ? "cat" : "owl") / fmt::format("{:02}.jpg", i), i);
}

void damage(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

}  // namespace

TEST_CASE("doctor: a report, its JSON, and a status that says whether a run would work") {
  const ScratchFolder folder, out;
  for (int i = 0; i < 20; ++i) write_image(folder / fmt::format("{:02}.jpg", i), i);
  ProcessResult result = simsiam({"doctor", folder.path()});
  CAPTURE(result.output);
  CHECK(result.status == 0);
  CHECK(says(result, "20: 20 JPEG"));
  CHECK(says(result, "none: no labels"));
  CHECK(says(result, "a run works                     yes\n"));
  damage(folder / "07.jpg");
  fs::copy_file(folder / "01.jpg", folder / "copy.jpg");
  fs::create_symlink("nowhere", folder / "link");
  const std::string json = out / "doctor.json";
  result = simsiam({"doctor", folder.path(), "--json", json});
  CHECK(result.status == 1);
  CHECK(says(result, "\n    07.jpg: Premature end of JPEG file\n"));
  CHECK(says(result, "\n    copy.jpg: 01.jpg\n"));
  CHECK(says(result, "\nnot used: links that lead nowhere 1 ("));
  CHECK(says(result, "error: " + folder.path().string() + ": 1 of the "));
  CHECK(says(result, " cannot be read; at most 1 % may be unreadable; "));
  // Less than that of all images, but not of those to train on, and not of those to test with.
  CHECK(simsiam({"doctor", folder.path(), "--max-bad-fraction", "0.05"}).status == 1);
  Json report = Json::parse(read_file(json));
  CHECK(report["works"] == false);
  CHECK(report["truncated"][0]["path"] == "07.jpg");
  CHECK(report["duplicates"][0]["note"] == "01.jpg");
  CHECK(report["formats"]["JPEG"] == 20);
  result = simsiam({"doctor", folder.path(), "--json", json, "--max-bad-fraction", "0.5"});
  CHECK(result.status == 0);
  CHECK(says(result, "yes, with neighbours in place"));
  CHECK(Json::parse(read_file(json))["works"] == true);
}

// Without labels a run looks at test images only if there are 1,024 of them.
TEST_CASE("doctor: what a run does not read does not stop it") {
  const ScratchFolder folder, out;
  for (int i = 0; i < 40; ++i) write_image(folder / fmt::format("{:02}.jpg", i), i);
  const TrainTest parts = open_images(folder.path());
  damage(folder / parts.test->path(0));
  const ProcessResult result = simsiam({"doctor", folder.path()});
  CAPTURE(result.output);
  CHECK(result.status == 0);
  CHECK(says(result, "\ntruncated                       1\n"));
}

TEST_CASE("doctor: why folders that look like classes are not labels") {
  const ScratchFolder folder;
  for (int i = 0; i < 4; ++i)
    write_image(folder / (i % 2 == 0 ? "cat" : "owl") / fmt::format("{}.jpg", i), i);
  write_image(folder / "cover.jpg", 9);
  const ProcessResult result = simsiam({"doctor", folder.path()});
  CAPTURE(result.output);
  CHECK(result.status == 0);
  CHECK(says(result, "none: cover.jpg is outside the class folders\n"));
}

TEST_CASE("doctor: what is no folder of images") {
  const ScratchFolder folder;
  ProcessResult result = simsiam({"doctor", folder.path()});
  CHECK(result.status == 1);
  CHECK(says(result, ": 0 images; 3 or more, each a JPEG, "));
  CHECK(simsiam({"doctor"}).status == 2);
  check_one_error(simsiam({"doctor", folder.path(), "--max-bad-fraction", "nan"}), 2,
                  "--max-bad-fraction: 'nan' is not a number; ");
  // As few as a run refuses.
  write_image(folder / "one.jpg", 1);
  write_image(folder / "two.jpg", 2);
  for (const char* command : {"doctor", "pretrain", "plan"})
    check_one_error(simsiam({command, folder.path()}), 1, ": 2 images; 3 or more, each a JPEG, ");
  CHECK(simsiam({"doctor", folder / "nowhere"}).status == 1);
  const ToyCifar cifar;
  result = simsiam({"doctor", cifar.path()});
  CHECK(result.status == 0);
  CHECK(says(result, "CIFAR-10, 120 images in 10 classes"));
}

// The picture is the 5:4 image, then twice a gap and a view. A level may round the other way where
// a multiply-add is fused in one program but not in the other: at most one in a thousand.
TEST_CASE("view: the pixels are those of the loader's batch") {
  const ScratchFolder folder, out;
  for (int i = 0; i < 12; ++i) write_image(folder / fmt::format("{:02}.jpg", i), i);
  const std::string file = out / "seen.png";
  const ProcessResult result =
      simsiam({"view", folder.path(), "--sample", "5", "--epoch", "3", "--seed", "9", "--out", file,
               "--image-size", "64", "--brightness", "0.7", "--max-sigma", "2", "--device", "cpu"});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  const Image picture = read_image(file);
  const int zoom = 3, shown = 64 * zoom;
  CHECK(picture.height == shown);
  CHECK(picture.width == 240 + 2 * (4 + shown));

  const auto train = open_images(folder.path()).train;
  CHECK(says(result, "sample 5: " + train->path(5).string() + ", epoch 3, seed 9\n"));
  AugmentConfig config;
  config.size = 64;
  config.brightness = 0.7f;
  config.max_sigma = 2;
  Loader loader(train, config, {.batch_size = train->size(), .seed = 9, .workers = 0});
  loader.start_epoch(2);
  const Batch batch = loader.next();
  const int64_t row =
      std::find(batch.samples.begin(), batch.samples.end(), 5) - batch.samples.begin();
  REQUIRE(row < train->size());
  int wrong = 0, rounded = 0;
  for (const int view : {0, 1}) {
    const Tensor pixels =
        batch.images.rows(view * train->size() + row, view * train->size() + row + 1);
    for (int y = 0; y < shown; ++y)
      for (int x = 0; x < shown; ++x)
        for (int c = 0; c < 3; ++c) {
          const float value = pixels.data<float>()[((y / zoom) * 64 + x / zoom) * 3 + c];
          const float seen = std::clamp(value * config.deviation[c] + config.mean[c], 0.0f, 1.0f);
          const int left = 240 + 4 + view * (shown + 4);
          const int level =
              picture.pixels[(static_cast<size_t>(y) * picture.width + left + x) * 3 + c];
          const auto difference = std::abs(level - std::lround(255 * seen));
          wrong += difference > 1;
          rounded += difference == 1;
        }
  }
  CHECK(wrong == 0);
  CHECK(rounded <= 2 * shown * shown * 3 / 1000);
}

TEST_CASE("pictures do not join the images that they are of") {
  const ScratchFolder folder;
  for (int i = 0; i < 4; ++i) write_image(folder / fmt::format("{}.jpg", i), i);
  fs::create_directory_symlink(folder.path(), folder / "link");
  for (const fs::path& out : {folder / "view.png", folder / "link/view.png"})
    CHECK(says(simsiam({"view", folder.path(), "--out", out}), "whose images its pictures would"));
  for (const fs::path& out : {folder.path(), folder / "results"}) {
    const ProcessResult result = simsiam({"pretrain", folder.path(), "--out", out});
    CHECK(result.status == 2);
    CHECK(says(result, fmt::format("error: --out {}: lies in {}, whose images", out.string(),
                                   folder.path().string())));
  }
  CHECK(folder.entries() == 5);
  // The default, results/, from inside the folder.
  for (const char* command : {"pretrain", "view"}) {
    const ProcessResult result =
        run_process({program_path("SIMSIAM"), command, "."}, folder.path());
    CAPTURE(result.output);
    CHECK(result.status == 2);
    CHECK(says(result, ": lies in ., whose images"));
  }
  CHECK(folder.entries() == 5);
}

TEST_CASE("view: what does not fit is one line") {
  const ScratchFolder folder, out;
  for (int i = 0; i < 12; ++i) write_image(folder / fmt::format("{:02}.jpg", i), i);
  for (const auto& [option, value] :
       {std::pair{"--sample", "11"}, {"--sample", "-1"}, {"--epoch", "0"}, {"--views", "many"}}) {
    const ProcessResult result = simsiam(
        {"view", folder.path(), option, value, "--device", "cpu", "--out", out / "not.png"});
    CAPTURE(result.output);
    CHECK(result.status == 2);
    CHECK(says(result, fmt::format("error: {} {}; ", option, value)));
    CHECK_FALSE(fs::exists(out / "not.png"));
  }
  CHECK(simsiam({"view"}).status == 2);
  CHECK(says(simsiam({"view", folder.path(), "--fresh"}), "error: --fresh: there is no such"));
  const ProcessResult nothing = simsiam({});
  CHECK(nothing.status == 2);
  CHECK(says(nothing, "error: no command; one of pretrain, embed, "));
}

TEST_CASE("a study goes on where files are damaged, and stops with the list where too many are") {
  const ScratchFolder folder, out;
  write_parts(folder.path(), 60);
  const auto run = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> options = {"--train-samples", "0", "--test-samples", "0"};
    options.insert(options.end(), more.begin(), more.end());
    return run_process(toy_command(folder.path(), out / name, options), fs::temp_directory_path());
  };
  damage(folder / "train/cat/04.jpg");
  damage(folder / "val/owl/05.jpg");
  ProcessResult result = run("a", {"--max-bad-fraction", "0.02", "--workers", "2"});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  CHECK(count(result.output, "train/cat/04.jpg: Premature end of JPEG file; a neighbour") == 1);
  CHECK(count(result.output, "val/owl/05.jpg: Premature end of JPEG file; a neighbour") == 1);

  // Above the limit it stops; with another limit the same run continues, to the same bits.
  result = run("b", {});
  CHECK(result.status == 1);
  CHECK(says(result, "error: "));
  CHECK(says(result, "1 of 60 images cannot be read: "));
  CHECK(run("b", {"--max-bad-fraction", "0.5"}).status == 0);
  const std::vector<fs::path> first = checkpoints(out / "a");
  REQUIRE(first.size() == 2);
  for (const fs::path& path : first) {
    const TensorFile a = load_safetensors(path),
                     b = load_safetensors(out / "b" / "runs" / path.filename());
    REQUIRE(a.tensors.size() == b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) CHECK(same_bits(tensor, b.at(name)));
  }
}

}  // namespace siam
