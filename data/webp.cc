#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>

#include "data/image_file.h"
#include "data/orientation.h"
#include "data/transparency.h"
#include "tensor/check.h"

namespace siam {

namespace {

struct Demuxer {
  WebPDemuxer* file;
  WebPIterator frame = {};
  WebPChunkIterator exif = {};

  explicit Demuxer(std::span<const uint8_t> bytes) {
    const WebPData data{bytes.data(), bytes.size()};
    WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
    file = WebPDemuxPartial(&data, &state);
    if (state == WEBP_DEMUX_DONE) return;
    WebPDemuxDelete(file);
    if (state == WEBP_DEMUX_PARSE_ERROR) fail("a damaged WebP image");
    throw Truncated("premature end of file");
  }
  ~Demuxer() {
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxReleaseChunkIterator(&exif);
    WebPDemuxDelete(file);
  }
  Demuxer(const Demuxer&) = delete;
};

int orientation_of(Demuxer& webp) {
  if (WebPDemuxGetChunk(webp.file, "EXIF", 1, &webp.exif) == 0) return 1;
  return exif_orientation({webp.exif.chunk.bytes, webp.exif.chunk.size});
}

}  // namespace

bool reads_webp() { return true; }

// The first frame on its canvas, which is transparent around it, or black if the file has no
// transparency.
StoredImage decode_webp(std::span<const uint8_t> bytes) {
  Demuxer webp(bytes);
  const size_t width = WebPDemuxGetI(webp.file, WEBP_FF_CANVAS_WIDTH),
               height = WebPDemuxGetI(webp.file, WEBP_FF_CANVAS_HEIGHT);
  check_size(width, height);
  check(WebPDemuxGetFrame(webp.file, 1, &webp.frame) != 0, "a WebP image without a picture");
  const WebPIterator& frame = webp.frame;
  check(frame.x_offset >= 0 && frame.y_offset >= 0 &&
            static_cast<size_t>(frame.x_offset + frame.width) <= width &&
            static_cast<size_t>(frame.y_offset + frame.height) <= height,
        "a picture outside of its canvas");
  const size_t channels = 4, stride = width * channels;
  auto pixels = std::make_shared<std::vector<uint8_t>>(stride * height);
  const size_t at =
      static_cast<size_t>(frame.y_offset) * stride + static_cast<size_t>(frame.x_offset) * channels;
  check(WebPDecodeRGBAInto(frame.fragment.bytes, frame.fragment.size, pixels->data() + at,
                           pixels->size() - at, static_cast<int>(stride)) != nullptr,
        "a damaged WebP image");
  if ((WebPDemuxGetI(webp.file, WEBP_FF_FORMAT_FLAGS) & ALPHA_FLAG) == 0)
    for (size_t i = 3; i < pixels->size(); i += 4) (*pixels)[i] = 255;
  compose_on_white(pixels->data(), width * height, pixels->data());
  pixels->resize(width * height * 3);
  return {{static_cast<int>(height), static_cast<int>(width), pixels->data(), pixels},
          Colors::rgb,
          orientation_of(webp)};
}

}  // namespace siam
