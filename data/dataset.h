#pragma once
// Labelled images.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace siam {

/// RGB, 8 bits a channel, [height,width,3]. Grey sources have three equal channels.
struct Image {
  int height = 0, width = 0;
  const uint8_t* pixels = nullptr;
  std::shared_ptr<const std::vector<uint8_t>> owned;  ///< of a decoded image; unset for a view
};

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// Safe to call from several threads. A view stays valid as long as the data set. Error if a file
  /// cannot be decoded.
  virtual Image image(int64_t index) const = 0;
  virtual int label(int64_t index) const = 0;
  virtual const std::vector<std::string>& class_names() const = 0;
  virtual std::string name() const = 0;
  /// What was found, for the user: "60000 images in 10 classes", and the files that were passed
  /// over.
  virtual std::string contents() const;
  /// Hash of the content, 16 hexadecimal digits. Of a folder of images: of their paths in it, their
  /// sizes, and parts of each file.
  virtual std::string fingerprint() const = 0;

  /// True if images of one size lie ready in memory, so that all of them can be put on a GPU.
  virtual bool in_memory() const { return false; }

  int num_classes() const { return static_cast<int>(class_names().size()); }
};

struct TrainTest {
  std::shared_ptr<const Dataset> train, test;
};

/// Reads the data set in a folder, whichever it is: CIFAR-10 or CIFAR-100 in their binary versions
/// (data_batch_1.bin, train.bin), IDX files plain or gzipped (train-images-idx3-ubyte.gz: MNIST and
/// its kin), or JPEGs and PNGs in train/<class>/ with val/ or test/. Error, naming file and record,
/// for anything missing, truncated, of a wrong size, or with a label out of range; for a folder
/// that is none of these, what it looks like and what to do.
TrainTest open_dataset(const std::filesystem::path& folder);

/// Where the data is: `flag` (--data), else $SIMSIAM_DATA, else data/cifar-10-batches-bin here or
/// in the parent folder (programs are run from build/), else Debian's Fashion-MNIST. Error that
/// lists what was tried and says where to get data.
std::filesystem::path find_dataset(const std::optional<std::filesystem::path>& flag);

/// The first images of each class in turn, `count` in all: a smaller set with the classes balanced.
/// The whole set if there are no more; error if there are fewer.
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> dataset, int64_t count);
/// Of both sets; 0: all images.
TrainTest subsets(const TrainTest& data, int64_t train, int64_t test);

}  // namespace siam
