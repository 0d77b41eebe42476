#pragma once
// One self-contained page: no script, no file beside it; pictures are part of it. It reads on a
// phone and on paper.

#include <span>
#include <string>
#include <string_view>

#include "experiments/report.h"

namespace siam {

class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  /// `id` is what a link to the heading names.
  HtmlPage& heading(int level, std::string_view text, std::string_view id = {});
  HtmlPage& paragraph(std::string_view text);
  HtmlPage& warning(std::string_view text);
  HtmlPage& command(std::string_view line);
  HtmlPage& list(std::span<const std::string> items);
  /// Links to headings of this page: their ids and what to call them.
  HtmlPage& contents(std::span<const std::pair<std::string, std::string>> links);
  HtmlPage& table(const Table& table);
  /// The picture itself, given as the text of an SVG file.
  HtmlPage& svg(std::string_view svg, std::string_view alternative);
  /// A table behind a line that opens it.
  HtmlPage& details(std::string_view summary, const Table& table);

  /// The whole document.
  std::string text() const;

 private:
  std::string title_, body_;
};

std::string html_escaped(std::string_view text);
std::string base64(std::string_view bytes);

}  // namespace siam
