#include "tensor/io/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "tensor/check.h"
#include "tensor/io/strict_json.h"

namespace siam::safetensors {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kMetadata = "__metadata__";
// The format has three levels. Networks have hundreds of tensors, a few have 10^5.
constexpr JsonLimits kLimits = {.depth = 3, .members = 1 << 18};
constexpr std::array<std::pair<DType, const char*>, 6> kTypeNames = {{{DType::f64, "F64"},
                                                                      {DType::f32, "F32"},
                                                                      {DType::bf16, "BF16"},
                                                                      {DType::f16, "F16"},
                                                                      {DType::u8, "U8"},
                                                                      {DType::i32, "I32"}}};

template <class... Args>
void require(bool ok, fmt::format_string<Args...> what, Args&&... args) {
  if (!ok) [[unlikely]]
    fail("{}; a whole safetensors file is needed; use another copy of it",
         fmt::format(what, std::forward<Args>(args)...));
}

const json& field(const std::string& tensor, const json& value, const char* key) {
  require(value.is_object() && value.contains(key), "tensor '{}' has no {}", tensor, key);
  return value[key];
}

std::vector<int64_t> counts(const std::string& tensor, const json& value, const char* key) {
  const json& list = field(tensor, value, key);
  require(list.is_array(), "tensor '{}': {} is not a list", tensor, key);
  std::vector<int64_t> numbers;
  for (const json& number : list) {
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    require(number.is_number_unsigned() && number.get<uint64_t>() <= kMax,
            "tensor '{}': {} has an element that is not a count", tensor, key);
    numbers.push_back(number.get<int64_t>());
  }
  return numbers;
}

// Nothing for a type that is not supported, if that is allowed.
std::optional<DType> parse_type(const std::string& tensor, const json& value, OtherTypes others) {
  const json& type = field(tensor, value, "dtype");
  for (const auto& [known, name] : kTypeNames) {
    if (type == name) return known;
  }
  if (others == OtherTypes::left_out && type.is_string()) return {};
  fail("tensor '{}' has type {}; F64, F32, BF16, F16, U8 or I32 is needed; convert it", tensor,
       type.dump());
}

Entry parse_entry(const std::string& name, const json& value, OtherTypes others) {
  const std::optional<DType> known = parse_type(name, value, others);
  if (!known) {
    const std::vector<int64_t> offsets = counts(name, value, "data_offsets");
    require(offsets.size() == 2 && offsets[0] <= offsets[1],
            "tensor '{}': data_offsets [{}] are not two ascending numbers", name,
            fmt::join(offsets, ", "));
    return {name,
            DType::u8,
            {offsets[1] - offsets[0]},
            static_cast<uint64_t>(offsets[0]),
            static_cast<uint64_t>(offsets[1]),
            /*other=*/true};
  }
  const DType type = *known;
  const std::vector<int64_t> dims = counts(name, value, "shape");
  check(dims.size() <= Shape::kMaxRank,
        "tensor '{}' has {} dimensions; at most {} are supported; reshape it", name, dims.size(),
        Shape::kMaxRank);
  int64_t bytes = static_cast<int64_t>(size_of(type));
  for (const int64_t dim : dims) {
    const bool overflow = __builtin_mul_overflow(bytes, dim, &bytes);
    require(!overflow, "tensor '{}': shape [{}] is too large", name, fmt::join(dims, ", "));
  }
  const std::vector<int64_t> offsets = counts(name, value, "data_offsets");
  require(offsets.size() == 2, "tensor '{}': data_offsets has {} elements, not 2", name,
          offsets.size());
  require(offsets[0] <= offsets[1] && offsets[1] - offsets[0] == bytes,
          "tensor '{}': data_offsets [{}] do not span the {} bytes of shape [{}] of {}", name,
          fmt::join(offsets, ", "), bytes, fmt::join(dims, ", "), type);
  return {name, type, Shape(dims), static_cast<uint64_t>(offsets[0]),
          static_cast<uint64_t>(offsets[1])};
}

std::map<std::string, std::string> metadata_from(const json& value) {
  require(value.is_object(), "{} is not an object", kMetadata);
  std::map<std::string, std::string> metadata;
  for (const auto& [key, entry] : value.items()) {
    require(entry.is_string(), "{}: the value of '{}' is not a string", kMetadata, key);
    metadata[key] = entry.get<std::string>();
  }
  return metadata;
}

}  // namespace

std::map<std::string, std::string> parse_metadata(std::string_view text) {
  std::map<std::string, std::string> metadata;
  read_json_object("the header", text, kLimits, [&](const std::string& name, const json& value) {
    if (name == kMetadata) metadata = metadata_from(value);
  });
  return metadata;
}

Header parse_header(std::string_view text, uint64_t data_bytes, OtherTypes others) {
  Header header;
  const auto take = [&](const std::string& name, const json& value) {
    if (name == kMetadata)
      header.metadata = metadata_from(value);
    else
      header.entries.push_back(parse_entry(name, value, others));
  };
  read_json_object("the header", text, kLimits, take);

  // Sorted by position, each must begin where the one before it ends. With equal positions, empty
  // tensors come first.
  std::sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  uint64_t filled = 0;
  for (const Entry& entry : header.entries) {
    require(entry.begin == filled,
            "tensor '{}' begins at byte {} of the data; the one before it ends at {}", entry.name,
            entry.begin, filled);
    filled = entry.end;
  }
  require(filled == data_bytes, "the tensors fill {} bytes, the file has {} after its header",
          filled, data_bytes);
  return header;
}

std::string format_header(const Header& header) {
  std::string text;
  const auto add = [&](const std::string& name, const ordered_json& value) {
    text += text.empty() ? '{' : ',';
    text += fmt::format("{}:{}", json(name).dump(), value.dump());
  };
  try {
    if (!header.metadata.empty()) add(kMetadata, header.metadata);
    for (const Entry& entry : header.entries) {
      check(entry.name != kMetadata,
            "a tensor is named '{}'; the format keeps this name; choose another", entry.name);
      const auto* type = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                      [&](const auto& known) { return known.first == entry.type; });
      add(entry.name, {{"dtype", type->second},
                       {"shape", std::vector<int64_t>(entry.shape.begin(), entry.shape.end())},
                       {"data_offsets", {entry.begin, entry.end}}});
    }
  } catch (const json::exception& error) {
    fail("a name or a text of the metadata is not UTF-8 ({}); rename it", error.what());
  }
  text += text.empty() ? "{}" : "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace siam::safetensors
