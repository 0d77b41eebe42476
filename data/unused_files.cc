#include "data/unused_files.h"

#include "tensor/counted.h"

namespace siam {

void UnusedFiles::add(const std::string& kind, const std::filesystem::path& path, int64_t count) {
  auto& [total, example] = kinds_[kind];
  if (total == 0) example = path;
  total += count;
}

void UnusedFiles::add(const UnusedFiles& more) {
  for (const auto& [kind, found] : more.kinds_) add(kind, found.second, found.first);
}

std::string UnusedFiles::text() const {
  int64_t total = 0;
  std::string list;
  for (const auto& [kind, found] : kinds_) {
    const auto& [count, example] = found;
    total += count;
    list += fmt::format("{} {} ({}: {}{})", list.empty() ? ":" : ",", kind, count, example.string(),
                        count > 1 ? ", ..." : "");
  }
  return total == 0 ? "" : fmt::format("; {} not used{}", counted(total, "file"), list);
}

}  // namespace siam
