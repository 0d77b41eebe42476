#pragma once
// One self-contained page: pictures are embedded, and there is no script except refresh()'s. It
// works on a phone, on paper, in dark mode and with a screen reader: tests/pages_check.py checks it
// with axe.

#include <span>
#include <string>
#include <string_view>

#include "experiments/report.h"

namespace siam {

struct Photograph {
  std::string jpeg;  ///< the bytes of the file
  std::string caption, name;
  std::string alternative;  ///< alternative text
  bool tiny = false;        ///< to be enlarged without smoothing
};

class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  /// Makes the browser reload the page every `seconds`, until a checkbox is cleared: the only
  /// script of a page. (A refresh by <meta> could not be switched off by the reader.)
  HtmlPage& refresh(int seconds);
  /// `id` is the target of links to the heading.
  HtmlPage& heading(int level, std::string_view text, std::string_view id = {});
  HtmlPage& paragraph(std::string_view text);
  HtmlPage& warning(std::string_view text);
  HtmlPage& command(std::string_view line);
  HtmlPage& list(std::span<const std::string> items);
  /// Links to headings of this page: their ids and texts.
  HtmlPage& contents(std::span<const std::pair<std::string, std::string>> links);
  /// `name` is its alternative text.
  HtmlPage& table(std::string_view name, const Table& table);
  /// The picture itself, given as the text of an SVG file.
  HtmlPage& svg(std::string_view svg, std::string_view alternative);
  /// A row of photographs, which wraps on a narrow page; the first stands out.
  HtmlPage& photographs(std::span<const Photograph> photographs);
  /// A table that is folded behind a line that opens it.
  HtmlPage& details(std::string_view summary, const Table& table);

  /// The whole document.
  std::string text() const;

 private:
  std::string title_, body_;
};

std::string html_escaped(std::string_view text);
std::string base64(std::string_view bytes);

}  // namespace siam
