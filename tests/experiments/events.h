#pragma once
// Reads TensorBoard's event files according to the description of their format, without the
// project's code: TFRecord framing, CRC-32C bit by bit, protobuf's wire format.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tensor/io/read_file.h"

namespace siam {

struct ReadEvent {
  double wall_time = 0;
  int64_t step = 0;
  std::string version;
  int64_t session = 0;  ///< 1: START
  std::map<std::string, float> scalars;
};

inline uint32_t bitwise_crc32c(const std::string& bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const uint32_t differs = (crc ^ (static_cast<uint8_t>(byte) >> bit)) & 1;
      crc = crc >> 1;
      if (differs) crc ^= 0x82f63b78;
    }
  return ~crc;
}

/// The fields of a protobuf message: number, and raw value (a varint as 8 bytes).
inline std::vector<std::pair<int, std::string>> fields_of(const std::string& message) {
  std::vector<std::pair<int, std::string>> fields;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      REQUIRE(at < message.size());
      const auto byte = static_cast<uint8_t>(message[at++]);
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
  };
  const auto take = [&](size_t bytes) {
    REQUIRE(at + bytes <= message.size());
    at += bytes;
    return message.substr(at - bytes, bytes);
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    std::string value;
    switch (key & 7) {
      case 0: {
        const uint64_t number = varint();
        value.assign(reinterpret_cast<const char*>(&number), 8);
        break;
      }
      case 1: value = take(8); break;
      case 2: value = take(varint()); break;
      case 5: value = take(4); break;
      default: FAIL("a wire type that is not used");
    }
    fields.emplace_back(static_cast<int>(key >> 3), value);
  }
  return fields;
}

template <class Number>
Number number_of(const std::string& bytes) {
  REQUIRE(bytes.size() == sizeof(Number));
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

inline ReadEvent event_of(const std::string& message) {
  ReadEvent event;
  for (const auto& [field, value] : fields_of(message)) {
    if (field == 1) event.wall_time = number_of<double>(value);
    if (field == 2) event.step = number_of<int64_t>(value);
    if (field == 3) event.version = value;
    if (field == 7)
      for (const auto& [inner, status] : fields_of(value))
        if (inner == 1) event.session = number_of<int64_t>(status);
    if (field != 5) continue;
    for (const auto& [repeated, entry] : fields_of(value)) {
      REQUIRE(repeated == 1);
      std::string tag;
      float scalar = 0;
      for (const auto& [inner, content] : fields_of(entry)) {
        if (inner == 1) tag = content;
        if (inner == 2) scalar = number_of<float>(content);
      }
      event.scalars[tag] = scalar;
    }
  }
  return event;
}

inline std::vector<ReadEvent> read_events(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::vector<ReadEvent> events;
  const auto unmasked = [](const std::string& sum) {
    const uint32_t rotated = number_of<uint32_t>(sum) - 0xa282ead8;
    return rotated >> 17 | rotated << 15;
  };
  for (size_t at = 0; at < bytes.size();) {
    REQUIRE(at + 16 <= bytes.size());
    const auto length = number_of<uint64_t>(bytes.substr(at, 8));
    CHECK(unmasked(bytes.substr(at + 8, 4)) == bitwise_crc32c(bytes.substr(at, 8)));
    REQUIRE(at + 16 + length <= bytes.size());
    const std::string message = bytes.substr(at + 12, length);
    CHECK(unmasked(bytes.substr(at + 12 + length, 4)) == bitwise_crc32c(message));
    events.push_back(event_of(message));
    at += 16 + length;
  }
  return events;
}

/// A folder's event files in the order in which readers take them, that of their names.
inline std::vector<std::filesystem::path> event_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// The steps at which a tag has a value, file after file.
inline std::vector<int64_t> steps_of(const std::filesystem::path& folder, const std::string& tag) {
  std::vector<int64_t> steps;
  for (const auto& file : event_files(folder))
    for (const ReadEvent& event : read_events(file))
      if (event.scalars.contains(tag)) steps.push_back(event.step);
  return steps;
}

}  // namespace siam
