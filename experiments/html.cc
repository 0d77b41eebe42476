#include "experiments/html.h"

#include <fmt/format.h>

namespace siam {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
  max-width: 66rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid #ddd; padding-top: 1rem; }
img { display: block; width: 100%; height: auto; margin: 1rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid #e4e4e4; text-align: left; }
th.number, td.number { text-align: right; white-space: nowrap; }
th { border-bottom: 2px solid #999; }
code { background: #f3f3f3; padding: 0.1rem 0.3rem; overflow-wrap: anywhere; }
.warning { border-left: 4px solid #d55e00; padding-left: 0.8rem; }
@media print { body { max-width: none; font-size: 10pt; } h2 { break-after: avoid; } img, table { break-inside: avoid; } }
)";

std::string html_table(const Table& table) {
  auto open = [&](const char* tag, size_t c) {
    return fmt::format("<{}{}>", tag,
                       table.columns[c].align == Align::right ? " class=\"number\"" : "");
  };
  std::string text = "<div class=\"wide\"><table>\n<tr>";
  for (size_t c = 0; c < table.columns.size(); ++c)
    text += open("th", c) + html_escaped(table.columns[c].title) + "</th>";
  text += "</tr>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) text += open("td", c) + html_escaped(row[c]) + "</td>";
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

}  // namespace

HtmlPage::HtmlPage(std::string_view title) : title_(html_escaped(title)) { heading(1, title); }

HtmlPage& HtmlPage::heading(int level, std::string_view text, std::string_view id) {
  const std::string name = id.empty() ? "" : fmt::format(" id=\"{}\"", html_escaped(id));
  body_ += fmt::format("<h{0}{1}>{2}</h{0}>\n", level, name, html_escaped(text));
  return *this;
}

HtmlPage& HtmlPage::paragraph(std::string_view text) {
  body_ += fmt::format("<p>{}</p>\n", html_escaped(text));
  return *this;
}

HtmlPage& HtmlPage::warning(std::string_view text) {
  body_ += fmt::format("<p class=\"warning\">{}</p>\n", html_escaped(text));
  return *this;
}

HtmlPage& HtmlPage::command(std::string_view line) {
  body_ += fmt::format("<p><code>{}</code></p>\n", html_escaped(line));
  return *this;
}

HtmlPage& HtmlPage::list(std::span<const std::string> items) {
  body_ += "<ul>\n";
  for (const std::string& item : items) body_ += fmt::format("<li>{}</li>\n", html_escaped(item));
  body_ += "</ul>\n";
  return *this;
}

HtmlPage& HtmlPage::contents(std::span<const std::pair<std::string, std::string>> links) {
  body_ += "<ul>\n";
  for (const auto& [id, name] : links)
    body_ += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", html_escaped(id), html_escaped(name));
  body_ += "</ul>\n";
  return *this;
}

HtmlPage& HtmlPage::table(const Table& table) {
  body_ += html_table(table);
  return *this;
}

HtmlPage& HtmlPage::svg(std::string_view svg, std::string_view alternative) {
  // As an image of its own: the ids inside an SVG would meet those of the next one in the page.
  body_ += fmt::format("<img src=\"data:image/svg+xml;base64,{}\" alt=\"{}\">\n", base64(svg),
                       html_escaped(alternative));
  return *this;
}

HtmlPage& HtmlPage::details(std::string_view summary, const Table& table) {
  body_ += fmt::format("<details><summary>{}</summary>\n{}</details>\n", html_escaped(summary),
                       html_table(table));
  return *this;
}

std::string HtmlPage::text() const {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      title_, kStyle, body_);
}

std::string html_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j)
      text += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

}  // namespace siam
