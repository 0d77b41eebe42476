#include "experiments/event_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

#include "tensor/check.h"

namespace siam {

namespace fs = std::filesystem;

namespace {

static_assert(std::endian::native == std::endian::little);  // like the file's numbers

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit)
      table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78u : 0);  // the polynomial, reversed
  }
  return table;
}

template <class Number>
std::string raw(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// Protobuf: a field is a key (number and wire type) and a value.
std::string varint(uint64_t value) {
  std::string text;
  for (; value > 127; value >>= 7) text += static_cast<char>((value & 127) | 128);
  return text + static_cast<char>(value);
}
std::string integer_field(int number, int64_t value) {
  return varint(number << 3) + varint(static_cast<uint64_t>(value));
}
std::string double_field(int number, double value) { return varint(number << 3 | 1) + raw(value); }
std::string float_field(int number, float value) { return varint(number << 3 | 5) + raw(value); }
std::string bytes_field(int number, std::string_view bytes) {
  return (varint(number << 3 | 2) + varint(bytes.size())).append(bytes);
}

// Fields of tensorflow.Event and of the messages in it.
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
constexpr int kSummaryValue = 1, kTag = 1, kSimpleValue = 2, kStatus = 1, kStart = 1;

std::string event(int64_t step, const std::string& content) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return double_field(kWallTime, now.count()) + integer_field(kStep, step) + content;
}

std::string checksum(std::string_view bytes) {
  return raw(std::rotr(crc32c(bytes), 15) + 0xa282ead8u);
}

std::string host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  std::string text = name.data();
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

// Readers take files in the order of their names, so a second file within a second gets the next
// second's name.
int64_t second_for(const fs::path& folder) {
  int64_t second = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  constexpr std::string_view kPrefix = "events.out.tfevents.";
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix))
      second = std::max<int64_t>(second, std::atoll(name.c_str() + kPrefix.size()) + 1);
  }
  return second;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = crc_table();
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = kTable[(crc ^ static_cast<uint8_t>(byte)) & 255] ^ crc >> 8;
  return ~crc;
}

EventFile::EventFile(const fs::path& folder, int64_t next_step) {
  fs::create_directories(folder);
  path_ = folder /
          fmt::format("events.out.tfevents.{:010}.{}.{}", second_for(folder), host(), getpid());
  file_.open(path_, std::ios::binary | std::ios::trunc);
  const bool begun =
      file_ && append(event(0, bytes_field(kFileVersion, "brain.Event:2"))) &&
      append(event(next_step, bytes_field(kSessionLog, integer_field(kStatus, kStart))));
  check(begun,
        "{}: cannot be written; space and permission to write are needed; see to them, or "
        "use --no-tensorboard",
        path_.string());
}

bool EventFile::append(const std::string& event) {
  if (!file_) return false;
  const std::string length = raw(uint64_t{event.size()});
  const std::string record = length + checksum(length) + event + checksum(event);
  file_.write(record.data(), std::ssize(record)).flush();
  if (file_) {
    bytes_ += record.size();
  } else {
    std::error_code ignored;
    fs::resize_file(path_, bytes_, ignored);
  }
  return static_cast<bool>(file_);
}

bool EventFile::add(int64_t step, std::span<const Scalar> scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars)
    summary += bytes_field(kSummaryValue, bytes_field(kTag, tag) +
                                              float_field(kSimpleValue, static_cast<float>(value)));
  return append(event(step, bytes_field(kSummary, summary)));
}

}  // namespace siam
