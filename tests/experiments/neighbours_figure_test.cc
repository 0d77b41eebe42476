// The picture of neighbours before and after training.

#include "experiments/neighbours_figure.h"

#include <doctest/doctest.h>

#include "experiments/nearest.h"
#include "tensor/philox.h"
#include "tests/experiments/xml.h"
#include "tests/scratch.h"

namespace siam {

namespace {

Image noise(int height, int width, uint32_t stream) {
  Random random(3, Purpose::test, stream);
  auto pixels = std::make_shared<std::vector<uint8_t>>(size_t{3} * height * width);
  for (uint8_t& pixel : *pixels) pixel = static_cast<uint8_t>(random.below(256));
  return {height, width, pixels->data(), pixels};
}

// Five neighbours of each; the trained network's have the query's class.
std::vector<NeighbourRow> rows(int count, int height, int width) {
  std::vector<NeighbourRow> rows;
  for (int r = 0; r < count; ++r) {
    NeighbourRow row{noise(height, width, 100 * r), {}, {}};
    for (int i = 0; i < 5; ++i) {
      row.untrained.push_back({noise(height, width, 100 * r + 1 + i), i == 0});
      row.trained.push_back({noise(height, width, 100 * r + 11 + i), true});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

TEST_CASE("nearest rows: by cosine over several blocks, a query itself left out") {
  NearestRows rows(Tensor::from<float>({2, 2}, {2, 0, 0, 1}), 2);
  const std::vector<int64_t> first = {10, 11}, second = {12}, own = {10, -1};
  rows.add(Tensor::from<float>({2, 2}, {5, 0, 1, 1}), first, own);
  rows.add(Tensor::from<float>({1, 2}, {3, 4}), second, own);
  REQUIRE(rows.found()[0].size() == 2);
  CHECK(rows.found()[0][0].index == 11);
  CHECK(rows.found()[0][0].similarity == doctest::Approx(std::sqrt(0.5)));
  CHECK(rows.found()[0][1].index == 12);
  CHECK(rows.found()[1][0].index == 12);
  CHECK(rows.found()[1][0].similarity == doctest::Approx(0.8));
  CHECK(rows.found()[1][1].index == 11);
}

TEST_CASE("tiny images are enlarged as they are, without loss where that is small") {
  const std::string svg = neighbours_svg(rows(2, 12, 12), /*classes=*/true, "run 0123");
  check_xml(svg);
  CHECK(count(svg, "<!-- run 0123 -->") == 1);
  CHECK(count(svg, "image-rendering: pixelated") == 1);
  CHECK(count(svg, "data:image/png;base64,") == 1);
  CHECK(count(svg, "<rect x=") == 1 + 2 + 10);  // the ground, and a frame for each of that class
  CHECK(svg.find("nearest, untrained: 2 of 10 of its class") != std::string::npos);
  CHECK(svg.find("nearest, trained: 10 of 10 of its class") != std::string::npos);
  const std::string unlabelled = neighbours_svg(rows(2, 12, 12), /*classes=*/false, "");
  CHECK(count(unlabelled, "<rect x=") == 1);
  CHECK(unlabelled.find("of its class") == std::string::npos);
}

TEST_CASE("the picture stays below 200 kB, whatever the images") {
  for (const auto& [height, width] : {std::pair{32, 32}, {300, 200}, {20, 900}}) {
    CAPTURE(width);
    const std::string svg = neighbours_svg(rows(8, height, width), /*classes=*/true, "");
    check_xml(svg);
    CHECK(svg.size() < 200'000);
    CHECK(count(svg, "image-rendering") == (width == 32));
  }
}

}  // namespace siam
