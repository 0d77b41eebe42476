#pragma once
// Checks that a text is XML, with Expat if it was found.

#include <doctest/doctest.h>

#include <string>

#ifdef SIAM_EXPAT
#include <expat.h>
#endif

namespace siam {

inline void check_xml(const std::string& text) {
#ifdef SIAM_EXPAT
  XML_Parser parser = XML_ParserCreate(nullptr);
  const bool well_formed =
      XML_Parse(parser, text.data(), static_cast<int>(text.size()), XML_TRUE) == XML_STATUS_OK;
  const XML_LChar* said = XML_ErrorString(XML_GetErrorCode(parser));
  const std::string problem = said == nullptr ? "" : said;
  const auto line = XML_GetCurrentLineNumber(parser);
  XML_ParserFree(parser);
  CAPTURE(line);
  CHECK_MESSAGE(well_formed, problem);
#else
  MESSAGE("skipped: XML of " << text.size() << " bytes; Expat is not installed");
#endif
}

}  // namespace siam
