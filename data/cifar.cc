// CIFAR-10 and CIFAR-100 (Krizhevsky 2009), binary version: records of one label byte (CIFAR-100:
// coarse, then fine label, of which the fine one is used) and 32x32 pixels as red, green and blue
// planes.

#include "data/formats.h"
#include "data/memory_dataset.h"
#include "tensor/check.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32, kPlane = kSide * kSide;
constexpr int64_t kTestRecords = 10000;

struct CifarFormat {
  std::string name;
  int64_t label_bytes;  ///< the last of them is the label
  std::vector<std::string> class_names;

  int64_t record() const { return label_bytes + 3 * kPlane; }
};

class Records {
 public:
  explicit Records(const CifarFormat& format) : format_(format) {}

  /// Appends a file of at most `most` records; returns how many there are.
  int64_t read(const fs::path& path, int64_t most) {
    const int64_t record = format_.record(), classes = std::ssize(format_.class_names);
    const std::vector<uint8_t> bytes = read_bytes(path, most * record);
    check(!bytes.empty() && std::ssize(bytes) % record == 0,
          "{}: {} bytes; a multiple of {} is needed; it is truncated or not {}: download it again",
          path.string(), bytes.size(), record, format_.name);
    for (int64_t start = 0; start < std::ssize(bytes); start += record) {
      const int label = bytes[start + format_.label_bytes - 1];
      check(label < classes, "{}: record {} has label {}; 0 to {} is needed; the file is damaged",
            path.string(), start / record, label, classes - 1);
      labels_.push_back(label);
      const uint8_t* planes = &bytes[start + format_.label_bytes];
      for (int i = 0; i < kPlane; ++i)
        for (int c = 0; c < 3; ++c) pixels_.push_back(planes[c * kPlane + i]);
    }
    return std::ssize(bytes) / record;
  }

  std::shared_ptr<const Dataset> take() {
    return std::make_shared<MemoryDataset>(format_.name, format_.class_names, kSide, kSide,
                                           std::move(pixels_), std::move(labels_));
  }

 private:
  const CifarFormat& format_;
  std::vector<uint8_t> pixels_;
  std::vector<int32_t> labels_;
};

// There are five times as many training records as test records, in files of equal size, so a file
// that was cut between two records is found by comparison with the others.
TrainTest read_cifar(const fs::path& folder, const CifarFormat& format,
                     const std::vector<std::string>& train_files, const std::string& test_file) {
  Records train(format), test(format);
  const int64_t count = test.read(folder / test_file, kTestRecords);
  const int64_t needed = 5 / std::ssize(train_files);
  for (const std::string& file : train_files) {
    const int64_t found = train.read(folder / file, kTestRecords * needed);
    check(found == count * needed,
          "{}: {} records, and {} has {}; {} are needed for each of those; one of the two is "
          "truncated: download it again",
          (folder / file).string(), found, test_file, count, needed);
  }
  return {train.take(), test.take()};
}

}  // namespace

std::optional<TrainTest> open_cifar(const fs::path& folder) {
  if (fs::exists(folder / "data_batch_1.bin")) {
    const CifarFormat format{
        "CIFAR-10",
        1,
        {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}};
    return read_cifar(folder, format,
                      {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                       "data_batch_4.bin", "data_batch_5.bin"},
                      "test_batch.bin");
  }
  if (fs::exists(folder / "train.bin")) {
    CifarFormat format{"CIFAR-100", 2, {}};
    for (int i = 0; i < 100; ++i) format.class_names.push_back(fmt::format("class {}", i));
    return read_cifar(folder, format, {"train.bin"}, "test.bin");
  }
  return {};
}

}  // namespace siam
