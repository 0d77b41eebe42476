#pragma once
// Images, with labels or without.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/unused_files.h"

namespace siam {

/// RGB, 8 bits a channel, [height,width,3]. Grey sources have three equal channels.
struct Image {
  int height = 0, width = 0;
  const uint8_t* pixels = nullptr;
  std::shared_ptr<const std::vector<uint8_t>> owned;  ///< for a decoded image; unset for a view
};

/// A part of an image, in pixels.
struct Box {
  int top = 0, left = 0, height = 0, width = 0;
};
/// The smallest box around both; an empty one is ignored.
Box around(const Box& a, const Box& b);
/// The part that is needed of an image of this height and width.
using NeededPart = std::function<Box(int height, int width)>;

class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// Safe to call from several threads. A view stays valid as long as the data set exists. Error if
  /// a file cannot be decoded.
  virtual Image image(int64_t index) const = 0;
  /// The same, but pixels outside of the needed part may have any value: a decoder skips what it
  /// can, and damage there goes unnoticed.
  virtual Image image_around(int64_t index, const NeededPart&) const { return image(index); }
  /// An index into class_names(), or -1 if the data set has no labels.
  virtual int label(int64_t index) const = 0;
  /// Empty if the data set has no labels.
  virtual const std::vector<std::string>& class_names() const = 0;
  /// Why some folders are not labels although they look like classes: "cover.jpg is outside the
  /// class folders". Empty if there are labels, or no such folders.
  virtual std::string why_unlabelled() const { return {}; }
  virtual std::string name() const = 0;
  /// The file of an image, relative to the folder that was opened: "train/cat/a.jpg". Where an
  /// image is not a file of its own, its position in the whole data set, "train/0"; empty in a part
  /// of one.
  virtual std::filesystem::path path(int64_t) const { return {}; }
  /// Files of the folder that are not part of the data set.
  virtual UnusedFiles unused_files() const { return {}; }
  /// What was found, for the user: "60000 images in 10 classes" or "800 images without labels",
  /// why_unlabelled(), and unused_files().
  virtual std::string contents() const;
  /// Hash of the content, 16 hexadecimal digits. For a folder of images it covers their paths in
  /// it, their sizes, and parts of each file.
  virtual std::string fingerprint() const = 0;

  /// True if the images have one size and are in memory, so that all of them can be put on a GPU.
  virtual bool in_memory() const { return false; }

  int num_classes() const { return static_cast<int>(class_names().size()); }
  bool labelled() const { return !class_names().empty(); }
};

struct TrainTest {
  std::shared_ptr<const Dataset> train, test;
};

/// Reads the data set in a folder, whichever it is: CIFAR-10 or CIFAR-100 in their binary versions
/// (data_batch_1.bin, train.bin), IDX files plain or gzipped (train-images-idx3-ubyte.gz: MNIST and
/// its relatives), or images in train/<class>/ with val/ or test/. Both parts have labels, and the
/// same classes. Error, naming file and record, for anything missing, truncated, of a wrong size,
/// or with a label out of range; for a folder that is none of these, what it looks like and what to
/// do.
TrainTest open_dataset(const std::filesystem::path& folder);

/// The same, and any other folder with images at any depth. A folder that holds nothing but one
/// folder stands for that one. train/ is the training set if val/ or test/ is beside it or if it is
/// the only folder; val/ or test/ is the test set. Otherwise a tenth of the images (at least one),
/// chosen by a hash of their paths, is held out as the test set: adding or removing images moves
/// few others. The first-level folders are the classes if there are at least two and they hold all
/// images; otherwise, or if the test set has a class that the training set lacks, neither part has
/// labels. Error if there are fewer than two images to train on and one to test.
TrainTest open_images(const std::filesystem::path& folder);

/// Every image of a folder as open_images() takes it, training and test set together, in the order
/// of their paths; of a data set in other files, training images first, with paths "train/0" and
/// "test/0" in the order of the records. Error if there is none.
std::shared_ptr<const Dataset> open_all_images(const std::filesystem::path& folder);

/// Where the data is: `flag` (--data), else $SIMSIAM_DATA, else data/cifar-10-batches-bin here or
/// in the parent folder (programs are run from build/), else Debian's Fashion-MNIST. Error that
/// lists what was tried and says where to get data.
std::filesystem::path find_dataset(const std::optional<std::filesystem::path>& flag);

/// The first images of each class in turn, `count` in all: a smaller set with the classes balanced;
/// without labels, images at equal distances. The whole set if it has exactly that many; error if
/// it has fewer.
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> dataset, int64_t count);
/// As subset() for both sets; 0: all images.
TrainTest subsets(const TrainTest& data, int64_t train, int64_t test);

}  // namespace siam
