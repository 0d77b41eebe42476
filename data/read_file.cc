#include "data/read_file.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "tensor/check.h"

namespace siam {

std::vector<uint8_t> read_bytes(const std::filesystem::path& path) {
  errno = 0;
  // gzopen reads files that are not gzipped as they are.
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  check(file != nullptr, "{}: cannot open: {}; a readable file is needed; check the path",
        path.string(), std::strerror(errno));
  std::vector<uint8_t> bytes;
  constexpr unsigned kChunk = 1u << 20;
  int got = 0;
  do {
    const size_t used = bytes.size();
    bytes.resize(used + kChunk);
    got = gzread(file.get(), bytes.data() + used, kChunk);
    bytes.resize(used + static_cast<size_t>(got > 0 ? got : 0));
  } while (got > 0);
  // gzclose says Z_BUF_ERROR where the compressed stream ends before its trailer.
  const bool whole = got == 0 && gzclose(file.release()) == Z_OK;
  check(whole, "{}: damaged or truncated; a whole file is needed; download it again",
        path.string());
  return bytes;
}

}  // namespace siam
