#pragma once
// TensorBoard's event files: records of a length, the event, and a checksum (CRC-32C, masked) of
// each. An event is a protobuf message; the few fields that scalars need are written by hand, which
// is less than the library for it would bring along.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace siam {

struct Scalar {
  std::string tag;
  double value;  ///< kept as f32
};

class EventFile {
 public:
  /// Begins events.out.tfevents.<time>.<host>.<process> in the folder, which is made; its name
  /// comes behind all others there. Readers forget what earlier files have of `next_step` and of
  /// later ones, which a run that ended without a checkpoint has left. Error if it cannot be made.
  EventFile(const std::filesystem::path& folder, int64_t next_step);

  /// Appends the scalars of a step, for readers to see at once. False if that is not possible; the
  /// file then stays as it was last whole, and takes no more.
  bool add(int64_t step, std::span<const Scalar> scalars);
  const std::filesystem::path& path() const { return path_; }

 private:
  bool append(const std::string& event);

  std::filesystem::path path_;
  std::ofstream file_;
  uint64_t bytes_ = 0;  ///< written and whole
};

/// The checksum of Castagnoli's polynomial, as in iSCSI; of "123456789" it is e3069283.
uint32_t crc32c(std::string_view bytes);

}  // namespace siam
