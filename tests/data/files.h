#pragma once
// Files as found in data sets, for tests.

#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

// jpeglib.h needs FILE declared first.
#include <jpeglib.h>

namespace siam {

using Bytes = std::vector<uint8_t>;

inline void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

/// pixel(y, x, channel)
using Pixel = std::function<int(int, int, int)>;

/// A JPEG of 1, 3 or 4 (CMYK) channels; `setup` may change how it is compressed.
inline Bytes jpeg_bytes(int height, int width, int channels, const Pixel& pixel,
                        const std::function<void(jpeg_compress_struct&)>& setup = {}) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  if (setup) setup(info);
  jpeg_start_compress(&info, TRUE);
  Bytes row(static_cast<size_t>(width) * channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        row[x * channels + c] = static_cast<uint8_t>(pixel(y, x, c));
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const Bytes bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

/// An image of one colour: 60, 130, 200.
inline void write_jpeg(const std::filesystem::path& path, int height, int width, int channels = 3) {
  write(path, jpeg_bytes(height, width, channels, [](int, int, int c) { return 60 + 70 * c; }));
}

}  // namespace siam
