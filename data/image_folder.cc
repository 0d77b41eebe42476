#include "data/image_folder.h"

#include <algorithm>

#include "data/image_file.h"
#include "tensor/check.h"
#include "tensor/io/hash.h"
#include "tensor/io/read_file.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// Neither a file nor a folder, nor a link to one.
std::string kind_of_rest(const fs::directory_entry& entry) {
  std::error_code error, ignored;
  const fs::file_type type = entry.status(error).type();
  const bool link = entry.is_symlink(ignored);
  if (type == fs::file_type::not_found && link) return "links that lead nowhere";
  if (error) return fmt::format("paths that cannot be followed ({})", error.message());
  return "pipes or devices";
}

std::string suffix_of(const fs::path& path) {
  std::string suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return suffix;
}

std::string kind_by_name(const fs::path& path) {
  return path.has_extension() ? suffix_of(path) : "without a suffix";
}

// Collects all regular files, and counts everything else.
class Walk {
 public:
  Walk(const fs::path& folder, const fs::path& part, UnusedFiles& unused)
      : root_(fs::weakly_canonical(folder / part)), unused_(unused) {
    enter(folder / part, part, /*by_link=*/false);
    std::sort(files_.begin(), files_.end());
  }

  std::vector<fs::path> take() { return std::move(files_); }

 private:
  // `relative` names the same folder as `folder`.
  void enter(const fs::path& folder, const fs::path& relative, bool by_link) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const fs::path &path = entry.path(), name = relative / path.filename();
      std::error_code ignored;
      const fs::file_type type = entry.status(ignored).type();  // of a link's target
      if (is_hidden(path))
        unused_.add("hidden", path);
      else if (type == fs::file_type::directory && !entry.is_symlink())
        enter_part(path, name, by_link);
      else if (type == fs::file_type::directory && !by_link && leads_out(path))
        enter_part(path, name, true);
      else if (type == fs::file_type::directory)
        unused_.add("links to folders", path);
      else if (type == fs::file_type::regular)
        files_.push_back(name);
      else
        unused_.add(kind_of_rest(entry), path);
    }
  }

  void enter_part(const fs::path& folder, const fs::path& relative, bool by_link) try {
    enter(folder, relative, by_link);
  } catch (const fs::filesystem_error& error) {
    unused_.add(fmt::format("folders that cannot be listed ({})", error.code().message()), folder);
  }

  // Neither to a folder that is visited anyway nor to one around it, whose images would be seen
  // twice.
  bool leads_out(const fs::path& link) const {
    const fs::path to = fs::weakly_canonical(link);
    const auto [of_root, of_target] =
        std::mismatch(root_.begin(), root_.end(), to.begin(), to.end());
    return of_root != root_.end() && of_target != to.end();
  }

  fs::path root_;
  UnusedFiles& unused_;
  std::vector<fs::path> files_;
};

// What a file's content says.
struct Seen {
  bool image = false;
  uint64_t digest = 0;
  std::string unused;  ///< the kind under which it is counted if it is not an image
};

Seen look_at(const fs::path& path) try {
  const FileSample sample = sample_file(path, 4096);
  const uint64_t digest = hash_bytes(sample.bytes.data(), sample.bytes.size(),
                                     hash_bytes(&sample.size, sizeof(sample.size)));
  if (is_image(sample.bytes)) return {true, digest, {}};
  if (const std::string kind = other_image_kind(sample.bytes); !kind.empty())
    return {false, 0, kind};
  if (is_image_name(path)) return {true, digest, {}};
  return {false, 0, kind_by_name(path)};
} catch (const Error&) {
  // It vanished, or may not be read: reading it as an image will say so.
  return {is_image_name(path), 0, kind_by_name(path)};
}

}  // namespace

bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "@eaDir" || name == "__MACOSX";
}

bool is_image_name(const fs::path& path) {
  const std::string suffix = suffix_of(path);
  return suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png" ||
         (suffix == ".webp" && reads_webp());
}

FoundImages find_images(const fs::path& folder, const fs::path& part) {
  FoundImages found;
  std::vector<fs::path> files = Walk(folder, part, found.unused).take();
  std::vector<Seen> seen(files.size());
  parallel_for(std::ssize(files), 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) seen[i] = look_at(folder / files[i]);
  });
  for (size_t i = 0; i < files.size(); ++i)
    if (seen[i].image)
      found.files.push_back({std::move(files[i]), seen[i].digest});
    else
      found.unused.add(seen[i].unused, folder / files[i]);
  return found;
}

}  // namespace siam
