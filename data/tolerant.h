#pragma once
// A file that is damaged, or vanishes while a run goes on, does not end the run.

#include <functional>
#include <map>
#include <mutex>

#include "data/dataset.h"
#include "tensor/check.h"

namespace siam {

/// More files cannot be read than are tolerated; the message lists them.
struct TooManyBadFiles : Error {
  using Error::Error;
};

struct Tolerance {
  /// Share of the images of a data set; if more cannot be read, TooManyBadFiles is thrown.
  double max_bad_fraction = 0.01;
  /// Called once for each bad file, with one line; from any thread, one at a time.
  std::function<void(const std::string&)> warn = {};
};

/// Whether a data set may have so many bad files.
bool tolerated(int64_t bad, int64_t images, double max_bad_fraction);

struct BadFile {
  int64_t index;
  std::filesystem::path path;
  std::string reason;
};

/// A data set in which an image that cannot be read is replaced by a neighbour: the next readable
/// one of its class, in the order of the data set, wrapping around at its end; of any class if none
/// is left. The choice depends only on the index, the files and the part of the image that is
/// needed, not on threads or on what was read before. A file is tried again each time. Labels stay.
class TolerantDataset : public Dataset {
 public:
  TolerantDataset(std::shared_ptr<const Dataset> whole, Tolerance tolerance);

  int64_t size() const override { return whole_->size(); }
  Image image(int64_t index) const override;
  Image image_around(int64_t index, const NeededPart& needed) const override;
  int label(int64_t index) const override { return whole_->label(index); }
  const std::vector<std::string>& class_names() const override { return whole_->class_names(); }
  std::string why_unlabelled() const override { return whole_->why_unlabelled(); }
  std::string name() const override { return whole_->name(); }
  std::filesystem::path path(int64_t index) const override { return whole_->path(index); }
  UnusedFiles unused_files() const override { return whole_->unused_files(); }
  std::string contents() const override { return whole_->contents(); }
  std::string fingerprint() const override { return whole_->fingerprint(); }
  bool in_memory() const override { return whole_->in_memory(); }

  /// The files that could not be read so far, by index.
  std::vector<BadFile> bad() const;

 private:
  template <class Read>
  Image image_or_neighbour(int64_t index, const Read& read) const;
  void record(int64_t index, const std::string& error) const;
  std::string list() const;

  std::shared_ptr<const Dataset> whole_;
  Tolerance tolerance_;
  mutable std::mutex mutex_;
  mutable std::map<int64_t, BadFile> bad_;
};

std::shared_ptr<const TolerantDataset> tolerant(std::shared_ptr<const Dataset> dataset,
                                                Tolerance tolerance);
/// Both parts, each with its own count.
TrainTest tolerant(const TrainTest& data, const Tolerance& tolerance);

}  // namespace siam
