#pragma once
// One self-contained page: no file beside it, pictures are part of it, and no script but
// refresh()'s. It reads on a phone, on paper, on a dark screen, and by ear: tests/pages_check.py
// asks axe.

#include <span>
#include <string>
#include <string_view>

#include "experiments/report.h"

namespace siam {

struct Photograph {
  std::string jpeg;  ///< the bytes of the file
  std::string caption, name;
  std::string alternative;  ///< for those who cannot see it
  bool tiny = false;        ///< to be enlarged without smoothing
};

class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  /// Has the browser load the page again every so many seconds, until a box is cleared: the only
  /// script of a page. (A refresh by <meta> could not be stopped by those whom it disturbs.)
  HtmlPage& refresh(int seconds);
  /// `id` is what a link to the heading names.
  HtmlPage& heading(int level, std::string_view text, std::string_view id = {});
  HtmlPage& paragraph(std::string_view text);
  HtmlPage& warning(std::string_view text);
  HtmlPage& command(std::string_view line);
  HtmlPage& list(std::span<const std::string> items);
  /// Links to headings of this page: their ids and what to call them.
  HtmlPage& contents(std::span<const std::pair<std::string, std::string>> links);
  /// `name` is what it is called where it is not seen.
  HtmlPage& table(std::string_view name, const Table& table);
  /// The picture itself, given as the text of an SVG file.
  HtmlPage& svg(std::string_view svg, std::string_view alternative);
  /// A row of photographs, which breaks where the page is narrow; the first stands out.
  HtmlPage& photographs(std::span<const Photograph> photographs);
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
