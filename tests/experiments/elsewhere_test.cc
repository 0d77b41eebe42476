// `simsiam export` and `simsiam import`, with PyTorch on the other side if it is installed.

#include "tensor/io/safetensors.h"
#include "tests/data/files.h"
#include "tests/experiments/pictures.h"
#include "tests/experiments/trained.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

const std::string kPeer = SIAM_SOURCE_DIR "/tests/experiments/torchvision_peer.py";

std::string python() {
  const char* name = std::getenv("PYTHON");
  return name != nullptr ? name : "python3";
}

bool torchvision_is_there() {
  const ProcessResult result =
      run_process({python(), "-c", "import numpy, PIL, safetensors.torch, torchvision"},
                  fs::temp_directory_path());
  if (result.status != 0)
    MESSAGE("skipped: $PYTHON, or python3, has not torchvision, safetensors, Pillow and numpy");
  return result.status == 0;
}

std::string run_peer(std::vector<std::string> words) {
  words.insert(words.begin(), {python(), kPeer});
  const ProcessResult result = run_process(words, fs::temp_directory_path());
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  return result.output;
}

void run_well(const std::vector<std::string>& words) {
  const ProcessResult result = simsiam(words);
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
}

// The same images through `embed` here and through what `export` wrote in torchvision there.
void check_same_features(const std::string& checkpoint, const ScratchFolder& out,
                         const Pictures& pictures) {
  const std::string folder = pictures.folder.path(), weights = out / "backbone.safetensors",
                    features = out / "features.npy";
  run_well({"embed", checkpoint, folder, "--out", features, "--device", "cpu"});
  run_well({"export", checkpoint, "--out", weights});
  const std::string said = run_peer({"compare", weights, folder, features});
  double difference = 1, size = 0;
  REQUIRE(std::sscanf(said.c_str(), "%lf %lf", &difference, &size) == 2);
  CAPTURE(said);
  CHECK(size > 0.1);
  CHECK(difference <= 1e-4 * std::max(1.0, size));
}

}  // namespace

TEST_CASE("export: the files, and the module for a network that torchvision does not have") {
  const Trained run;
  const fs::path weights = run.out / "my backbone-1.safetensors";
  const ProcessResult result = simsiam({"export", run.checkpoint(), "--out", weights.string()});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  const fs::path module = run.out / "my_backbone_1.py";
  CHECK(result.output == fmt::format("{}\n{}\n", weights.string(), module.string()));
  const std::string source = read_file(module);
  CHECK(
      source.starts_with("# resnet18 of width 4 with the CIFAR stem, trained by SimSiam:\n"
                         "#     from my_backbone_1 import model, transform\n"));
  CHECK(source.find("model.conv1 = torch.nn.Conv2d(3, width, 3, padding=1, bias=False)") !=
        std::string::npos);
  CHECK(source.find("with_name(\"my backbone-1.safetensors\")") != std::string::npos);
  CHECK(source.find("    transforms.ToTensor(),\n    transforms.Resize(8, antialias=True),\n") !=
        std::string::npos);
  const TensorFile backbone = load_safetensors(weights);
  CHECK(backbone.at("layer2.0.conv1.weight").shape() == Shape{8, 4, 3, 3});

  check_one_error(simsiam({"export", weights.string()}), 1, "not a training state");
  check_one_error(simsiam({"export"}), 2, "checkpoint");
  check_one_error(simsiam({"export", run.checkpoint(), "--out", "model.pt"}), 2, "--out model.pt");
  check_one_error(
      simsiam({"export", run.checkpoint(), "--out", (run.out / "no/where.safetensors").string()}),
      1, "where.safetensors");

  // And back: a checkpoint that is read like any other.
  const std::string again = run.out / "again.safetensors";
  const ProcessResult imported = simsiam({"import", weights.string(), "--out", again});
  CHECK(imported.output ==
        again + ": resnet18 with the CIFAR stem, width 4, without heads, 8 px\n");
  run_well({"evaluate", again, "--data", run.data.path(), "--probe-epochs", "0", "--device", "cpu",
            "--out", run.out / "card"});
  check_one_error(simsiam({"import", weights.string(), "--arch", "resnet50"}), 1,
                  "tensor 'layer1.0.conv1.weight' is [4, 4, 3, 3]; [4, 4, 1, 1] is needed");
  check_one_error(simsiam({"import", weights.string(), "--arch", "vit"}), 2, "--arch vit");
  check_one_error(simsiam({"import", module.string()}), 1, "my_backbone_1.py");
  check_one_error(simsiam({"import", weights.string(), "--image-size", "4"}), 2, "--image-size");
}

TEST_CASE("--init: training that goes on from a checkpoint, with its network") {
  const Trained run;
  const std::string first = run.checkpoint();
  const auto trained_with = [&](std::vector<std::string> words) {
    std::vector<std::string> command = {program_path(),
                                        "--data",
                                        run.data.path(),
                                        "--out",
                                        (run.out / "more").string(),
                                        "--preset",
                                        "quick",
                                        "--device",
                                        "cpu",
                                        "--epochs",
                                        "1",
                                        "--batch-size",
                                        "25",
                                        "--train-samples",
                                        "50",
                                        "--test-samples",
                                        "20",
                                        "--image-size",
                                        "8"};
    command.insert(command.end(), words.begin(), words.end());
    return run_process(command, fs::temp_directory_path());
  };
  const ProcessResult result = trained_with({"--init", first});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  const auto config =
      nlohmann::json::parse(read_file(run.out / "more/stopgrad/summary.json")).at("config");
  CHECK(config.at("width") == 4);
  CHECK(config.at("dim") == 16);
  CHECK(config.at("init").get<std::string>().size() == 16);
  CHECK(count(trained_with({"--init", first}).output, ": complete in ") == 2);
  const std::string other = run.folder().parent_path() / "runs/previous";
  check_one_error(trained_with({"--init", other}), 1, "previous");
  CHECK(trained_with({"--init", first, "--width", "8"}).output.find("its encoder.conv1.weight") !=
        std::string::npos);
}

TEST_CASE("torchvision has the same features: thin networks, its own, imported ones") {
  if (!torchvision_is_there()) return;
  Pictures pictures;
  for (int i = 0; i < 6; ++i) pictures.add(fmt::format("{}/{}.jpg", i % 2, i), i);
  const ScratchFolder out;
  {
    const Trained run;
    check_same_features(run.checkpoint(), out, pictures);
    fs::remove(out / "backbone.py");
  }
  for (const char* name : {"resnet18", "resnet34", "resnet50"}) {
    CAPTURE(std::string(name));
    const std::string file = out / "theirs.safetensors",
                      checkpoint = out / "checkpoint.safetensors";
    run_peer({"make", name, file});
    run_well({"import", file, "--image-size", "40", "--out", checkpoint});
    check_same_features(checkpoint, out, pictures);
    CHECK(!fs::exists(out / "backbone.py"));
  }
  const std::string file = out / "authors.safetensors", checkpoint = out / "checkpoint.safetensors";
  run_peer({"authors", file});
  run_well({"import", file, "--image-size", "40", "--out", checkpoint});
  check_same_features(checkpoint, out, pictures);
}

TEST_CASE("export: a module that Python can read, under a name that hides nothing") {
  const Trained run;
  for (const auto& [weights, module] : {std::pair{"torch", "torch_backbone"},
                                        {"class", "class_backbone"},
                                        {"2", "_2_backbone"},
                                        {"my_backbone", "my_backbone"}}) {
    const std::string out = run.out / fmt::format("{}.safetensors", weights);
    REQUIRE(simsiam({"export", run.checkpoint(), "--out", out}).status == 0);
    CHECK(fs::exists(run.out / fmt::format("{}.py", module)));
  }
  for (const char* name : {"a\"b.safetensors", "a\\b.safetensors", "a\nb.safetensors"})
    check_one_error(simsiam({"export", run.checkpoint(), "--out", run.out / name}), 2, "--out a");
}

TEST_CASE("no command writes over what it reads, nor over a file that it was not told of") {
  const Trained run;
  const ScratchFolder out;
  const auto check_fails = [](const std::vector<std::string>& command, const char* expected) {
    const ProcessResult result = simsiam(command);
    CAPTURE(result.output);
    CHECK(result.status == 1);
    CHECK(result.output.find(expected) != std::string::npos);
    CHECK(count(result.output, "error: ") == 1);
  };
  const std::string copy = out / "copy.safetensors";
  fs::copy_file(run.checkpoint(), copy);
  fs::create_symlink(copy, out / "link.safetensors");
  const std::string before = read_file(copy), data = run.data.path().string();
  for (const std::string& name : {copy, (out / "link.safetensors").string()}) {
    check_fails({"export", copy, "--out", name}, "this is what is read");
    check_fails({"import", copy, "--out", name}, "this is what is read");
    check_fails({"embed", copy, data, "--out", name, "--format", "safetensors"},
                "this is what is read");
    check_fails({"neighbours", copy, data, "--out", name}, "this is what is read");
  }
  check_fails({"evaluate", copy, "--data", data, "--features", copy}, "this is what is read");
  CHECK(read_file(copy) == before);
  // What is there and of another kind stays, whatever it is.
  const std::string image = out / "image.jpg", state = out / "state.safetensors";
  std::ofstream(image) << "\xff\xd8 pixels";
  fs::copy_file(copy, state);
  const std::string weights = out / "other/weights.safetensors";
  fs::create_directory(out / "other");
  REQUIRE(simsiam({"export", copy, "--out", weights}).status == 0);
  const ScratchFolder photos;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"})
    write(photos / name, jpeg_bytes(20, 20, 3, [](int y, int x, int c) { return x + y + c; }));
  for (const std::string& taken : {image, state}) {
    CAPTURE(taken);
    const std::string content = read_file(taken);
    const char* expected = "exists, and is not a file that this command writes";
    check_fails({"embed", copy, data, "--out", taken}, expected);
    check_fails({"neighbours", copy, data, "--out", taken}, expected);
    check_fails({"evaluate", copy, "--data", data, "--features", taken}, expected);
    check_fails({"view", photos.path(), "--out", taken}, expected);
    check_fails({"doctor", photos.path(), "--json", taken}, expected);
    check_fails({"import", weights, "--out", taken}, expected);
    if (taken == state) check_fails({"export", copy, "--out", taken}, expected);
    CHECK(read_file(taken) == content);
  }
  check_fails({"import", copy, "--out", out / "new.safetensors"}, "a checkpoint of this program");
  for (const auto& [side, command] :
       {std::pair{"thin_backbone.py",
                  std::vector<std::string>{"export", copy, "--out", out / "thin.safetensors"}},
        {"rows.csv", {"embed", copy, data, "--out", out / "rows.npy"}}}) {
    std::ofstream(out / side) << "mine";
    check_fails(command, "is there already");
    CHECK(read_file(out / side) == "mine");
    fs::remove(out / side);
    CHECK(simsiam(command).status == 0);
    CHECK(simsiam(command).status == 0);  // its own earlier one
  }
}

}  // namespace siam
