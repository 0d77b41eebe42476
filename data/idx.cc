// IDX (LeCun's MNIST format): big-endian header 0x00000803, count, height, width and grey pixels;
// 0x00000801, count and labels. Read by their labels: MNIST, Fashion-MNIST (Xiao et al. 2017),
// EMNIST, KMNIST.

#include <unistd.h>

#include <map>
#include <set>

#include "data/formats.h"
#include "data/memory_dataset.h"
#include "tensor/check.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTrainImages = "train-images-idx3-ubyte";

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

// The prefix of "train-images-idx3-ubyte": empty, or EMNIST's "emnist-letters-".
std::set<std::string> prefixes(const fs::path& folder) {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    if (!name.ends_with(kTrainImages)) continue;
    name.resize(name.size() - kTrainImages.size());
    if (name.empty() || name.ends_with("-")) found.insert(name);
  }
  return found;
}

class IdxFile {
 public:
  /// Reads the header: the magic number and the `extents` numbers after it.
  IdxFile(const fs::path& path, uint32_t magic, size_t extents) : path_(path), file_(path) {
    std::vector<uint8_t> header(4 * (1 + extents));
    const size_t got = file_.read(header.data(), header.size());
    for (size_t i = 0; i < header.size(); i += 4)
      extents_.push_back(uint64_t{header[i]} << 24 | uint64_t{header[i + 1]} << 16 |
                         uint64_t{header[i + 2]} << 8 | header[i + 3]);
    check(got == header.size() && extents_[0] == magic,
          "{}: no IDX header; one that starts with 0x{:08x} is needed; download it again",
          path.string(), magic);
    header_bytes_ = header.size();
  }

  uint64_t extent(size_t i) const { return extents_[1 + i]; }

  /// Error unless the file can have `count` bytes after the header, those of `what`.
  void need(uint64_t count, const std::string& what) const {
    const uint64_t most = file_.most_bytes() - header_bytes_;
    need(count <= most, most, count, what);
  }

  /// Passes the rest of the file, which must have that size, to each(byte).
  template <class Each>
  void read(uint64_t count, const std::string& what, const Each& each) {
    std::vector<uint8_t> part(1 << 20);
    for (uint64_t done = 0; done < count;) {
      const size_t wanted = std::min<uint64_t>(part.size(), count - done);
      const size_t got = file_.read(part.data(), wanted);
      for (size_t i = 0; i < got; ++i) each(part[i]);
      done += got;
      need(got == wanted, done, count, what);
    }
    const size_t more = file_.read(part.data(), part.size());
    need(more == 0, count + more, count, what);
  }

 private:
  void need(bool ok, uint64_t found, uint64_t count, const std::string& what) const {
    check(ok,
          "{}: {} bytes after its header; {} for {} are needed; it is damaged: download it again",
          path_.string(), found, count, what);
  }

  fs::path path_;
  CompressedFile file_;
  std::vector<uint64_t> extents_;
  size_t header_bytes_;
};

struct Split {
  int height, width;
  std::vector<uint8_t> pixels;  ///< [N,height,width,3]
  std::vector<uint8_t> labels;
  fs::path label_path;
};

Split read_split(const fs::path& folder, const std::string& name) {
  const fs::path path = need_file(folder, name + "-images-idx3-ubyte");
  IdxFile images(path, 0x803, 3);
  const uint64_t count = images.extent(0), height = images.extent(1), width = images.extent(2);
  check(count > 0 && 0 < height && height <= 4096 && 0 < width && width <= 4096,
        "{}: {} images of {}x{}; at least one of at most 4096x4096 is needed; it is damaged: "
        "download it again",
        path.string(), count, height, width);
  const uint64_t bytes = count * height * width,
                 memory = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                          static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const std::string what = fmt::format("{} images of {}x{}", count, height, width);
  images.need(bytes, what);
  check(3 * bytes <= memory, "{}: {} take {} MiB; this machine has {} MiB; use a smaller data set",
        path.string(), what, (3 * bytes) >> 20, memory >> 20);
  Split split{static_cast<int>(height),
              static_cast<int>(width),
              {},
              {},
              need_file(folder, name + "-labels-idx1-ubyte")};
  split.pixels.reserve(3 * bytes);
  images.read(bytes, what,
              [&](uint8_t value) { split.pixels.insert(split.pixels.end(), 3, value); });
  IdxFile labels(split.label_path, 0x801, 1);
  check(labels.extent(0) == count,
        "{}: {} labels, and {} images; they must agree; download it again",
        split.label_path.string(), labels.extent(0), count);
  labels.read(count, fmt::format("{} labels", count),
              [&](uint8_t label) { split.labels.push_back(label); });
  return split;
}

}  // namespace

std::optional<TrainTest> open_idx(const fs::path& folder) {
  const std::set<std::string> found = prefixes(folder);
  if (found.empty()) return {};
  check(found.size() == 1,
        "{}: several data sets, {}... and {}...; one is needed; move it to a folder of its own",
        folder.string(), *found.begin(), *found.rbegin());
  const std::string& prefix = *found.begin();
  const std::string test =
      find_file(folder, prefix + "test-images-idx3-ubyte").empty() ? "t10k" : "test";
  const std::string name = prefix.empty() ? fs::canonical(folder).filename().string()
                                          : prefix.substr(0, prefix.size() - 1);
  // The classes are the training labels that occur.
  std::map<uint8_t, int32_t> classes;
  std::vector<std::string> class_names;
  auto make = [&](Split split) {
    std::vector<int32_t> labels;
    for (size_t i = 0; i < split.labels.size(); ++i) {
      const auto known = classes.find(split.labels[i]);
      check(known != classes.end(),
            "{}: record {} has label {}; one of the {} labels of the training images is needed; "
            "the file is damaged or of another data set",
            split.label_path.string(), i, split.labels[i], classes.size());
      labels.push_back(known->second);
    }
    return std::make_shared<MemoryDataset>(name, class_names, split.height, split.width,
                                           std::move(split.pixels), std::move(labels));
  };
  Split train = read_split(folder, prefix + "train");
  for (const uint8_t label : train.labels) classes[label] = 0;
  for (auto& [label, index] : classes) {
    index = static_cast<int32_t>(class_names.size());
    class_names.push_back(fmt::format("{}", label));
  }
  const auto train_set = make(std::move(train));
  return TrainTest{train_set, make(read_split(folder, prefix + test))};
}

}  // namespace siam
