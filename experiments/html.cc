#include "experiments/html.h"

#include <fmt/format.h>

namespace siam {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
  max-width: 66rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid #ddd; padding-top: 1rem; }
img { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; margin: 1rem 0; } .wide img { width: max(100%, 44rem); }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid #e4e4e4; text-align: left; }
thead th { border-bottom: 2px solid #999; vertical-align: bottom; } tbody th { font-weight: normal; }
th.number, td.number { text-align: right; } td.number { white-space: nowrap; }
code { background: #f3f3f3; padding: 0.1rem 0.3rem; overflow-wrap: anywhere; }
.warning { border-left: 4px solid #d55e00; padding-left: 0.8rem; }
.photographs { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: 0.6rem;
  margin: 0 0 1.5rem; }
@media screen and (max-width: 44rem) { th { white-space: nowrap; } }
figure { margin: 0; min-width: 0; }
figure img { aspect-ratio: 1; object-fit: contain; background: #8882; }
figure img.tiny { image-rendering: pixelated; }
figure:first-child img { outline: 3px solid #0072b2; }
figcaption { font-size: 0.8rem; line-height: 1.3; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
@media screen and (prefers-color-scheme: dark) { body { color: #ddd; background: #161616; }
  a { color: #8ab4f8; } a:visited { color: #c8a6f5; } code { background: #2a2a2a; }
  h2, th, td { border-color: #444; } img[src^="data:image/svg"] { background: #fff; } }
@media print { body { max-width: none; font-size: 10pt; } table { font-size: 8pt; } .wide { overflow: visible; }
  .wide img { width: 100%; } h2, h3 { break-after: avoid; } img, table, figure { break-inside: avoid; }
  .photographs { grid-template-columns: repeat(9, 1fr); } label { display: none; } }
)";

// Content that is wider than a phone scrolls by itself, also with keys.
std::string scrolling(std::string_view name, std::string_view content) {
  return fmt::format(
      "<div class=\"wide\" role=\"group\" aria-label=\"{}\" tabindex=\"0\">{}</div>\n",
      html_escaped(name), content);
}

// The first cell of a row names it.
std::string html_table(std::string_view name, const Table& table) {
  const auto cell = [&](const char* tag, size_t c, std::string_view text, const char* scope) {
    return fmt::format("<{0}{1}{2}>{3}</{0}>", tag, scope,
                       table.columns[c].align == Align::right ? " class=\"number\"" : "",
                       html_escaped(text));
  };
  std::string text = "<table>\n<thead><tr>";
  for (size_t c = 0; c < table.columns.size(); ++c)
    text += cell("th", c, table.columns[c].title, " scope=\"col\"");
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (size_t c = 0; c < row.size(); ++c)
      text += c == 0 ? cell("th", c, row[c], " scope=\"row\"") : cell("td", c, row[c], "");
    text += "</tr>\n";
  }
  return scrolling(name, text + "</tbody></table>");
}

}  // namespace

HtmlPage::HtmlPage(std::string_view title) : title_(html_escaped(title)) { heading(1, title); }

HtmlPage& HtmlPage::refresh(int seconds) {
  body_ += fmt::format(
      "<p><label><input type=\"checkbox\" id=\"reload\" checked autocomplete=\"off\"> reload every "
      "{0} seconds</label></p>\n<script>setInterval(() => {{ if "
      "(document.getElementById(\"reload\").checked) location.reload(); }}, {0}000);</script>\n",
      seconds);
  return *this;
}

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

HtmlPage& HtmlPage::table(std::string_view name, const Table& table) {
  body_ += html_table(name, table);
  return *this;
}

HtmlPage& HtmlPage::svg(std::string_view svg, std::string_view alternative) {
  // As a separate image: the ids inside an SVG would clash with those of the next one in the page.
  body_ += scrolling("picture", fmt::format("<img src=\"data:image/svg+xml;base64,{}\" alt=\"{}\">",
                                            base64(svg), html_escaped(alternative)));
  return *this;
}

HtmlPage& HtmlPage::photographs(std::span<const Photograph> photographs) {
  body_ += "<div class=\"photographs\">\n";
  for (const Photograph& each : photographs)
    body_ += fmt::format(
        "<figure><img src=\"data:image/jpeg;base64,{}\" alt=\"{}\"{}><figcaption><b>{}</b> "
        "{}</figcaption></figure>\n",
        base64(each.jpeg), html_escaped(each.alternative), each.tiny ? " class=\"tiny\"" : "",
        html_escaped(each.caption), html_escaped(each.name));
  body_ += "</div>\n";
  return *this;
}

HtmlPage& HtmlPage::details(std::string_view summary, const Table& table) {
  body_ += fmt::format("<details><summary>{}</summary>\n{}</details>\n", html_escaped(summary),
                       html_table(summary, table));
  return *this;
}

std::string HtmlPage::text() const {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n"
      "</html>\n",
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
