// Any error in the input ends in one line, `error: what; what is needed; what to do`, with status 2
// for usage and 1 for the rest.

#include <algorithm>

#include "tensor/io/read_file.h"
#include "tensor/io/safetensors.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// Runs until an error that contains `expected`.
std::string failure(int status, const std::vector<std::string>& command,
                    const std::string& expected) {
  const ProcessResult result = run_process(command, fs::temp_directory_path());
  CAPTURE(result.output);
  CAPTURE(expected);
  CHECK(result.status == status);
  const std::vector<std::string> lines = lines_of(result.output);
  REQUIRE(!lines.empty());
  const std::string& last = lines.back();
  CHECK(last.starts_with("error: "));
  CHECK(std::count_if(lines.begin(), lines.end(),
                      [](const std::string& line) { return line.starts_with("error: "); }) == 1);
  CHECK(last.find(expected) != std::string::npos);
  // At least three parts: what; what is needed; what to do.
  int parts = 1;
  for (size_t at = 0; (at = last.find("; ", at)) != std::string::npos; at += 2) ++parts;
  CHECK(parts >= 3);
  return result.output;
}

bool has_temporary(const fs::path& folder) {
  const fs::recursive_directory_iterator entries(folder);
  return std::any_of(begin(entries), end(entries),
                     [](const auto& entry) { return entry.path().extension() == ".tmp"; });
}

/// usage(options, expected): a command line with these options gives one line and status 2.
struct Usage {
  ToyCifar data;
  ScratchFolder out;

  void operator()(const std::vector<std::string>& more, const std::string& expected) const {
    const std::string output = failure(2, toy_command(data.path(), out.path(), more), expected);
    CHECK(lines_of(output).size() == 1);
  }
};

}  // namespace

TEST_CASE("usage: unknown options and impossible values give one line and status 2") {
  const Usage usage;
  usage({"--nope"}, "--nope: there is no such option");
  usage({"--epochs", "3", "--epochs", "4"}, "--epochs: given twice; one value is needed; ");
  usage({"--hue", "0.1", "--hue=0.1", "--hue", "0.2"}, "--hue: given 3 times; ");
  usage({"surplus"}, "surplus");
  usage({"--preset", "nope"}, "quick, medium, photos, cifar10, imagenet");
  usage({"--epochs", "abc"}, "--epochs");
  usage({"--epochs", "1.5"}, "--epochs");
  usage({"--epochs", "99999999999"}, "--epochs");
  usage({"--lr"}, "--lr: not as many values as it takes");
  usage({"--out", "elsewhere"}, "--out: given twice");
  usage({"--device", "tpu"}, "--device tpu");
  usage({"--precision", "f64"}, "--precision f64");
  const std::vector<std::pair<std::string, std::vector<std::string>>> impossible = {
      {"--epochs", {"0", "-3", "2147483647", "0x10", "1e3", "", " 5"}},
      {"--batch-size", {"1", "-2"}},
      {"--lr", {"0", "-1", "nan", "inf", "1e300", "1e999"}},
      {"--weight-decay", {"-1", "nan", "inf", "1e300", "0x1p-3"}},
      {"--loss-scale", {"-1", "nan", "1e300", "1e-300"}},
      {"--warmup", {"-1", "2"}},
      {"--width", {"0", "9000000000000000000"}},
      {"--dim", {"0", "9000000000000000000"}},
      {"--image-size", {"7", "2147483647"}},
      {"--train-samples", {"-1"}},
      {"--test-samples", {"-1"}},
      {"--knn-every", {"0"}},
      {"--hue", {"0.6", "-0.1", "much", "nan"}},
      {"--crop-pct", {"0", "1.1"}},
      {"--max-aspect", {"0.9", "2"}},
      {"--min-scale", {"1.1"}},
      {"--min-sigma", {"0", "3"}},
      {"--arch",
       {"resnet", "2 2 2 2", "basic", "basic 2 2 2", "basic 2 2 2 2 2", "basic 2 2 2 0",
        "basic 2 2 2 two", "bottleneck 1 1 1 1001"}},
      {"--stem", {"", "large"}},
      {"--pixel-mean", {"0.5", "0.5 0.5 x"}},
      {"--predictor", {"large", ""}},
      {"--seed", {"-1", "0x1", "18446744073709551616"}},
      {"--seeds", {"0", "-1", "1001"}},
      {"--threads", {"-1", "100000"}},
      {"--workers", {"-1", "100000"}}};
  for (const auto& [option, values] : impossible)
    for (const std::string& value : values) usage({option, value}, option);
  usage({"--seed", "-1"}, "--seed: '-1' is not a whole number; ");
  usage({"--lr", "-nan"}, "--lr: '-nan' is not a number; ");
  usage({"--hue", "0.6"}, "--hue 0.6; 0 to 0.5 is needed; change it or leave it out");
  usage({"--pixel-mean", "0.5"}, "--pixel-mean 0.5; 3 numbers are needed; ");
  usage({"--head-norm", "some"}, "--head-norm some; none, hidden, standard or all is needed; ");
  usage({"--min-scale", "0.9", "--max-scale", "0.5"}, "--min-scale 0.9; at most --max-scale, 0.5");
  usage({"--threads", "1025"}, "--threads: 1025 is not from 0 to 1024; ");
  usage({"--width", "9223372036854775808"}, "--width: 9223372036854775808 is beyond what fits");
  CHECK(usage.out.entries() == 0);
}

TEST_CASE("usage: what would have no effect is refused") {
  const Usage usage;
  usage({"--resume", "--fresh"}, "--fresh");
  usage({"--resume=false"}, "resume was given a disallowed flag override");
  for (const std::string option : {"--eager", "--tf32", "--nondeterministic"})
    usage({option}, option + " on a CPU; a GPU is needed; leave it out");
  usage({"--no-stop-gradient"}, "--stop-gradient with the study 'stopgrad', which chooses it");
  std::vector<std::string> imagenet =
      toy_command(usage.data.path(), usage.out.path(), {"--preset", "imagenet"});
  const auto named = std::find(imagenet.begin(), imagenet.end(), "--data");
  imagenet.erase(named, named + 2);
  failure(2, imagenet, "--preset imagenet without --data; a folder with train/<class>/");
  CHECK(usage.out.entries() == 0);
}

TEST_CASE("numbers are decimal, zeros in front or not") {
  const ToyCifar data;
  const ScratchFolder out;
  const ProcessResult result =
      run_process(toy_command(data.path(), out.path(), {"--epochs", "012", "--seed", "010"}),
                  fs::temp_directory_path());
  CAPTURE(result.output);
  CHECK(result.status == 0);
  const std::string summary = read_file(out / "stopgrad/summary.json");
  CHECK(summary.find("\"epochs\": 12") != std::string::npos);
  CHECK(summary.find("\"seed\": 10") != std::string::npos);
}

TEST_CASE("data files: missing, truncated, of the wrong size, with an impossible label") {
  const ToyCifar data;
  const ScratchFolder out;
  const auto fails = [&](const std::string& expected) {
    failure(1, toy_command(data.path(), out.path()), expected);
    CHECK(out.entries() == 0);
  };
  const fs::path file = data.file("data_batch_3");
  const std::string whole = read_file(file);
  fs::resize_file(file, whole.size() - 1);
  fails("data_batch_3.bin: 61459 bytes; a multiple of 3073");
  std::ofstream(file, std::ios::binary) << whole << "x";
  fails("data_batch_3.bin: 61461 bytes");
  std::ofstream(file, std::ios::binary | std::ios::trunc).flush();
  fails("data_batch_3.bin: 0 bytes");
  std::string damaged = whole;
  damaged[7 * ToyCifar::kRecord] = 10;
  std::ofstream(file, std::ios::binary) << damaged;
  fails("record 7 has label 10; 0 to 9 is needed");
  fs::remove(file);
  fails("data_batch_3.bin: cannot open: No such file");
  fs::create_directory(file);
  fails("data_batch_3.bin");
  failure(1, toy_command(data.path() / "nowhere", out.path()), "nowhere: no such folder");
  failure(1, toy_command(out.path(), out.path()), "no data set here");
}

TEST_CASE("a batch or a subset larger than the data set") {
  const ToyCifar data;
  const ScratchFolder out;
  const auto fails = [&](const std::vector<std::string>& more, const std::string& expected) {
    failure(1, toy_command(data.path(), out.path(), more), expected);
  };
  fails({"--batch-size", "51"}, "a batch of 51 of 50 images; at most all of them are needed");
  fails({"--train-samples", "1"}, "1 image to train on; two or more are needed");
  fails({"--train-samples", "101"}, "101 samples of CIFAR-10; 1 to 100");
  fails({"--test-samples", "21"}, "21 samples of CIFAR-10; 1 to 20");
}

TEST_CASE("an output folder that cannot be written") {
  const ToyCifar data;
  const ScratchFolder out;
  std::ofstream(out / "file") << "x";
  failure(1, toy_command(data.path(), out / "file"), "choose another --out");
  CHECK(read_file(out / "file") == "x");
  failure(1, toy_command(data.path(), "/proc/results"), "choose another --out");
}

TEST_CASE("a disk that fills up: no checkpoint in part, what was measured is kept") {
  const ToyCifar data;
  const SmallDisk disk("size=256k");  // the checkpoint has about 500 KB
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  failure(1, toy_command(data.path(), disk.folder().path()),
          ".safetensors: cannot write: No space left on device");
  const fs::path results = disk.folder().path() / "stopgrad";
  CHECK(checkpoints(disk.folder().path()).empty());
  CHECK(!has_temporary(disk.folder().path()));
  CHECK(lines_of(read_file(results / "metrics.csv")).size() == 2);
  CHECK(read_file(results / "summary.json").ends_with("}\n"));
}

TEST_CASE("a loss that is not finite stops the run and keeps what was logged") {
  const ToyCifar data;
  const ScratchFolder out;
  const fs::path results = out.path() / "stopgrad";
  failure(1, toy_command(data.path(), out.path(), {"--lr", "1e30"}),
          "run \"with stop-gradient\": loss not finite at step 2 of epoch 1");
  CHECK(lines_of(read_file(results / "metrics.csv")).size() == 1);
  CHECK(checkpoints(out.path()).empty());

  // Weight decay times this rate multiplies the weights by about -1000 per step: the first epochs
  // are finite, since batch norm removes the scale, until a variance overflows.
  const std::string output = failure(
      1, toy_command(data.path(), out.path(), {"--lr", "2e7", "--epochs", "50"}), "not finite");
  const size_t at = output.find("of epoch ");
  REQUIRE(at != std::string::npos);
  const size_t epoch = std::stoul(output.substr(at + 9));
  CHECK(epoch > 1);
  CHECK(lines_of(read_file(results / "metrics.csv")).size() == epoch);  // header and epoch - 1 rows
  CHECK(read_file(results / "summary.json").find("\"diverged: ") != std::string::npos);
  REQUIRE(checkpoints(out.path()).size() == 1);
  load_safetensors(checkpoints(out.path())[0]);  // from the last complete epoch
  CHECK(!has_temporary(out.path()));
}

}  // namespace siam
