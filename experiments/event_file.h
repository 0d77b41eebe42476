#pragma once
// TensorBoard's event files: records of a length, the event, and a checksum (CRC-32C, masked) of
// each. An event is a protobuf message; the few fields that scalars need are written by hand, which
// takes less than the protobuf library.

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
  /// Begins events.out.tfevents.<time>.<host>.<process> in the folder, which is created; its name
  /// sorts after all others there. Readers drop what earlier files have for `next_step` and later
  /// steps, left by a run that ended without a checkpoint. Error if it cannot be created.
  EventFile(const std::filesystem::path& folder, int64_t next_step);

  /// Appends the scalars of a step, for readers to see at once. False if that is not possible; the
  /// file then keeps its last complete state, and takes no more.
  bool add(int64_t step, std::span<const Scalar> scalars);
  const std::filesystem::path& path() const { return path_; }

 private:
  bool append(const std::string& event);

  std::filesystem::path path_;
  std::ofstream file_;
  uint64_t bytes_ = 0;  ///< written completely
};

/// The checksum with Castagnoli's polynomial, as in iSCSI; for "123456789" it is e3069283.
uint32_t crc32c(std::string_view bytes);

}  // namespace siam
