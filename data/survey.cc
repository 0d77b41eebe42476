#include "data/survey.h"

#include <algorithm>

#include "data/image_file.h"
#include "tensor/io/hash.h"
#include "tensor/io/read_file.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

constexpr int64_t kBlock = 256;  // files between two progress reports

// What was found in one file.
struct Facts {
  size_t bytes = 0;
  std::string content;  ///< hash and size
  std::string format, error;
  bool truncated = false;
  int width = 0, height = 0;  ///< of an image that could be read, as stored
  Colors colors = Colors::rgb;
  int orientation = 1;
};

Facts look_at(const std::filesystem::path& path) {
  Facts facts;
  try {
    const std::vector<uint8_t> bytes = read_bytes(path, kMaxFileBytes);
    Checksum checksum;
    checksum.add(bytes.data(), bytes.size());
    facts.bytes = bytes.size();
    facts.content = fmt::format("{} {}", checksum.digits(), bytes.size());
    const StoredImage stored = decode_stored(bytes);
    facts.format = format_of(bytes);
    facts.width = stored.image.width;
    facts.height = stored.image.height;
    facts.colors = stored.colors;
    facts.orientation = stored.orientation;
  } catch (const Truncated& error) {
    facts.truncated = true;
    facts.error = error.what();
  } catch (const Error& error) {
    const std::string text = error.what(), prefix = path.string() + ": ";
    facts.error = text.starts_with(prefix) ? text.substr(prefix.size()) : text;
    facts.error.resize(std::min(facts.error.find("; "), facts.error.size()));
  }
  return facts;
}

// Adds the files one after another, in order.
class Counter {
 public:
  void add(const std::string& path, const Facts& facts) {
    ++result.images;
    result.bytes += facts.bytes;
    if (facts.bytes > 0) {
      const auto [first, is_new] = paths_.try_emplace(facts.content, path);
      if (!is_new) result.duplicates.push_back({path, first->second});
    }
    if (facts.width == 0) {
      (facts.truncated ? result.truncated : result.unreadable).push_back({path, facts.error});
      return;
    }
    ++result.formats[facts.format];
    result.sizes.emplace_back(facts.width, facts.height);
    if (facts.colors == Colors::grey) result.grey.push_back({path, {}});
    if (facts.colors == Colors::cmyk) result.cmyk.push_back({path, {}});
    if (facts.orientation != 1)
      result.rotated.push_back({path, fmt::format("orientation {}", facts.orientation)});
    if (std::min(facts.width, facts.height) < kTinySide)
      result.tiny.push_back({path, fmt::format("{}x{}", facts.width, facts.height)});
  }

  Survey result;

 private:
  std::map<std::string, std::string> paths_;  // the first file of each content
};

}  // namespace

Survey survey(const std::filesystem::path& folder, const Dataset& images,
              const std::function<void(double)>& on_done) {
  Counter counter;
  for (int64_t begin = 0; begin < images.size(); begin += kBlock) {
    const int64_t count = std::min(kBlock, images.size() - begin);
    std::vector<Facts> facts(static_cast<size_t>(count));
    parallel_for(count, 1, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) facts[i] = look_at(folder / images.path(begin + i));
    });
    for (int64_t i = 0; i < count; ++i) counter.add(images.path(begin + i), facts[i]);
    if (on_done) on_done(static_cast<double>(begin + count) / static_cast<double>(images.size()));
  }
  Survey result = std::move(counter.result);
  result.unused = images.unused_files();
  if (images.labelled())
    for (int64_t i = 0; i < images.size(); ++i)
      ++result.by_class[images.class_names()[images.label(i)]];
  std::sort(result.sizes.begin(), result.sizes.end(), [](const auto& a, const auto& b) {
    return int64_t{a.first} * a.second < int64_t{b.first} * b.second;
  });
  return result;
}

}  // namespace siam
