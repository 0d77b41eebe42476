#include "experiments/neighbours_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "data/encode_jpeg.h"
#include "data/image_file.h"
#include "experiments/html.h"

namespace siam {

namespace {

constexpr int kShown = 72;    // pixels of the SVG for the side of an image
constexpr int kReduced = 96;  // side of the larger images in pixels, for dense screens
constexpr int kGap = 6, kGroupGap = 26, kHeading = 26;
constexpr size_t kBytes = 110'000;  // for the encoded images; base64 adds a third

// All images in one: 88 separate headers and colour tables would be half of the file.
class Sheet {
 public:
  Sheet(int height, int width)
      : image_{height, width, nullptr, nullptr},
        pixels_(std::make_shared<std::vector<uint8_t>>(size_t{3} * height * width, uint8_t{255})) {}

  /// In the middle of a square.
  void add(const Image& image, int top, int left, int side) {
    top += (side - image.height) / 2;
    left += (side - image.width) / 2;
    for (int y = 0; y < image.height; ++y)
      std::copy_n(image.pixels + size_t{3} * y * image.width, 3 * image.width,
                  pixels_->begin() + 3 * (int64_t{top + y} * image_.width + left));
  }
  Image image() const { return {image_.height, image_.width, pixels_->data(), pixels_}; }

 private:
  Image image_;
  std::shared_ptr<std::vector<uint8_t>> pixels_;
};

// A data URI: lossless if that is small enough.
std::string encoded(const Image& image) {
  const std::vector<uint8_t> png = encode_png(image);
  if (png.size() <= kBytes)
    return "data:image/png;base64," +
           base64({reinterpret_cast<const char*>(png.data()), png.size()});
  std::string jpeg;
  for (int quality = 95; quality >= 35; quality -= 5) {
    jpeg = encode_jpeg(image, quality);
    if (jpeg.size() <= kBytes) break;
  }
  return "data:image/jpeg;base64," + base64(jpeg);
}

int largest_side(const std::vector<NeighbourRow>& rows) {
  int side = 1;
  const auto see = [&](const Image& image) { side = std::max({side, image.height, image.width}); };
  for (const NeighbourRow& row : rows) {
    see(row.query);
    for (const auto* group : {&row.untrained, &row.trained})
      for (const auto& each : *group) see(each.image);
  }
  return side;
}

size_t most_neighbours(const std::vector<NeighbourRow>& rows) {
  size_t most = 0;
  for (const NeighbourRow& row : rows)
    most = std::max({most, row.untrained.size(), row.trained.size()});
  return most;
}

}  // namespace

std::string neighbours_svg(const std::vector<NeighbourRow>& rows, bool classes,
                           std::string_view mark) {
  const int largest = largest_side(rows), side = largest <= kTinySide ? largest : kReduced;
  // Converts lengths of the SVG to pixels of the sheet; at least one, so that images never touch.
  const double zoom = static_cast<double>(kShown) / side;
  const auto pixels = [&](int shown) { return std::max(1, static_cast<int>(shown / zoom + 0.5)); };
  const int most = static_cast<int>(most_neighbours(rows));
  const int step = side + pixels(kGap);
  const int group_left[] = {side + pixels(kGroupGap),
                            side + 2 * pixels(kGroupGap) + most * step - pixels(kGap)};
  Sheet sheet(static_cast<int>(rows.size()) * step, group_left[1] + most * step);
  std::string frames;
  int alike[] = {0, 0}, all[] = {0, 0};
  for (size_t r = 0; r < rows.size(); ++r) {
    const int top = static_cast<int>(r) * step;
    sheet.add(thumbnail(rows[r].query, side), top, 0, side);
    const std::vector<NeighbourRow::Found>* groups[] = {&rows[r].untrained, &rows[r].trained};
    for (int g = 0; g < 2; ++g)
      for (size_t i = 0; i < groups[g]->size(); ++i) {
        const auto& [image, same_class] = (*groups[g])[i];
        const int left = group_left[g] + static_cast<int>(i) * step;
        sheet.add(thumbnail(image, side), top, left, side);
        ++all[g];
        if (!classes || !same_class) continue;
        ++alike[g];
        frames += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\"/>\n",
                              left * zoom, kHeading + top * zoom, kShown, kShown);
      }
  }
  const Image whole = sheet.image();
  const double width = whole.width * zoom, height = whole.height * zoom;
  constexpr int kMargin = 8;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"-{2} 0 {0:.0f} {1:.0f}\" font-family=\"sans-serif\" font-size=\"13\">\n"
      "<!-- {3} -->\n<title>Nearest neighbours, untrained and trained</title>\n"
      "<rect x=\"-{2}\" width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      width + 2 * kMargin, height + kHeading + kMargin, kMargin, mark);
  const auto heading = [&](double left, const std::string& text) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"17\" fill=\"#222\">{}</text>\n", left,
                       html_escaped(text));
  };
  heading(0, "test image");
  for (int g = 0; g < 2; ++g)
    heading(group_left[g] * zoom,
            fmt::format("nearest, {}{}", g == 0 ? "untrained" : "trained",
                        classes ? fmt::format(": {} of {} of its class", alike[g], all[g]) : ""));
  svg += fmt::format(
      "<image y=\"{}\" width=\"{:.1f}\" height=\"{:.1f}\"{} href=\"{}\"/>\n", kHeading, width,
      height, side <= kTinySide ? " style=\"image-rendering: pixelated\"" : "", encoded(whole));
  return svg + "<g fill=\"none\" stroke=\"#0072b2\" stroke-width=\"3\">\n" + frames +
         "</g>\n</svg>\n";
}

}  // namespace siam
