// CIFAR-10 and CIFAR-100 (Krizhevsky 2009), binary version: records of one label byte (CIFAR-100:
// coarse, then fine label, of which the fine one is used) and 32x32 pixels as red, green and blue
// planes.

#include "data/formats.h"
#include "data/memory_dataset.h"
#include "data/read_file.h"
#include "tensor/check.h"

namespace siam {

namespace {

constexpr int kSide = 32, kPlane = kSide * kSide;

struct CifarFormat {
  std::string name;
  size_t label_bytes;  ///< the last of them is the label
  std::vector<std::string> class_names;
};

std::shared_ptr<const Dataset> read_cifar(const std::filesystem::path& folder,
                                          const std::vector<std::string>& files,
                                          const CifarFormat& format) {
  const size_t record = format.label_bytes + 3 * kPlane;
  const int classes = static_cast<int>(format.class_names.size());
  std::vector<uint8_t> pixels;
  std::vector<int32_t> labels;
  for (const std::string& file : files) {
    const std::filesystem::path path = folder / file;
    const std::vector<uint8_t> bytes = read_bytes(path);
    check(!bytes.empty() && bytes.size() % record == 0,
          "{}: {} bytes; a multiple of {} is needed; it is truncated or not {}: download it again",
          path.string(), bytes.size(), record, format.name);
    for (size_t start = 0; start < bytes.size(); start += record) {
      const int label = bytes[start + format.label_bytes - 1];
      check(label < classes, "{}: record {} has label {}; 0 to {} is needed; the file is damaged",
            path.string(), start / record, label, classes - 1);
      labels.push_back(label);
      const uint8_t* planes = &bytes[start + format.label_bytes];
      for (int i = 0; i < kPlane; ++i)
        for (int c = 0; c < 3; ++c) pixels.push_back(planes[c * kPlane + i]);
    }
  }
  return std::make_shared<MemoryDataset>(format.name, format.class_names, kSide, kSide,
                                         std::move(pixels), std::move(labels));
}

}  // namespace

std::optional<TrainTest> open_cifar(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "data_batch_1.bin")) {
    const CifarFormat format{
        "CIFAR-10",
        1,
        {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}};
    return TrainTest{read_cifar(folder,
                                {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                 "data_batch_4.bin", "data_batch_5.bin"},
                                format),
                     read_cifar(folder, {"test_batch.bin"}, format)};
  }
  if (std::filesystem::exists(folder / "train.bin")) {
    CifarFormat format{"CIFAR-100", 2, {}};
    for (int i = 0; i < 100; ++i) format.class_names.push_back(fmt::format("class {}", i));
    return TrainTest{read_cifar(folder, {"train.bin"}, format),
                     read_cifar(folder, {"test.bin"}, format)};
  }
  return {};
}

}  // namespace siam
