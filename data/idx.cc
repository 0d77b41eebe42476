// IDX (LeCun's MNIST format; Fashion-MNIST, Xiao et al. 2017): big-endian header 0x00000803, count,
// height, width and grey pixels; 0x00000801, count and labels.

#include "data/formats.h"
#include "data/memory_dataset.h"
#include "data/read_file.h"
#include "tensor/check.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

uint32_t big_endian(const std::vector<uint8_t>& bytes, size_t offset) {
  return uint32_t{bytes[offset]} << 24 | uint32_t{bytes[offset + 1]} << 16 |
         uint32_t{bytes[offset + 2]} << 8 | bytes[offset + 3];
}

// The file or its gzipped form; empty if neither is there.
fs::path find_file(const fs::path& folder, const std::string& name) {
  for (const char* suffix : {"", ".gz"})
    if (fs::exists(folder / (name + suffix))) return folder / (name + suffix);
  return {};
}

fs::path need_file(const fs::path& folder, const std::string& name) {
  const fs::path path = find_file(folder, name);
  check(!path.empty(), "{}: missing; it is needed plain or as .gz; download the data set again",
        (folder / name).string());
  return path;
}

std::vector<uint8_t> read_idx(const fs::path& path, uint32_t magic, size_t header) {
  std::vector<uint8_t> bytes = read_bytes(path);
  check(bytes.size() >= header && big_endian(bytes, 0) == magic,
        "{}: no IDX header; one that starts with 0x{:08x} is needed; download it again",
        path.string(), magic);
  return bytes;
}

std::shared_ptr<const Dataset> read_split(const fs::path& folder, const std::string& split,
                                          const std::vector<std::string>& class_names) {
  const fs::path image_path = need_file(folder, split + "-images-idx3-ubyte");
  const fs::path label_path = need_file(folder, split + "-labels-idx1-ubyte");
  const std::vector<uint8_t> images = read_idx(image_path, 0x803, 16);
  const std::vector<uint8_t> labels = read_idx(label_path, 0x801, 8);
  const uint64_t count = big_endian(images, 4), height = big_endian(images, 8),
                 width = big_endian(images, 12);
  check(0 < height && height <= 4096 && 0 < width && width <= 4096 &&
            images.size() - 16 == count * height * width,
        "{}: {} bytes of pixels; {} images of {}x{} are needed; it is truncated or damaged: "
        "download it again",
        image_path.string(), images.size() - 16, count, height, width);
  check(labels.size() - 8 == big_endian(labels, 4) && big_endian(labels, 4) == count,
        "{}: {} labels, its header says {}, and there are {} images; all must agree; download it "
        "again",
        label_path.string(), labels.size() - 8, big_endian(labels, 4), count);
  std::vector<uint8_t> pixels;
  pixels.reserve(3 * (images.size() - 16));
  for (size_t i = 16; i < images.size(); ++i) pixels.insert(pixels.end(), 3, images[i]);
  for (size_t i = 8; i < labels.size(); ++i)
    check(labels[i] < class_names.size(),
          "{}: record {} has label {}; 0 to {} is needed; the file is damaged", label_path.string(),
          i - 8, labels[i], class_names.size() - 1);
  return std::make_shared<MemoryDataset>("Fashion-MNIST", class_names, static_cast<int>(height),
                                         static_cast<int>(width), std::move(pixels),
                                         std::vector<int32_t>(labels.begin() + 8, labels.end()));
}

}  // namespace

std::optional<TrainTest> open_idx(const fs::path& folder) {
  if (find_file(folder, "train-images-idx3-ubyte").empty()) return {};
  const std::vector<std::string> class_names = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                                "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
  return TrainTest{read_split(folder, "train", class_names),
                   read_split(folder, "t10k", class_names)};
}

}  // namespace siam
