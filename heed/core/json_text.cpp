// SPDX-License-Identifier: Apache-2.0
#include "heed/core/json_text.h"

#include <cstdio>
#include <string_view>

#include "heed/core/shown_text.h"

namespace heed {
namespace {
using Json = nlohmann::ordered_json;

/// The text without its quotation marks. A byte is tried with up to three that follow: no character is longer.
std::string string_body(std::string_view text) {
  if (is_utf8(text)) {
    const std::string text_quoted = Json(std::string(text)).dump();
    return text_quoted.substr(1, text_quoted.size() - 2);
  }
  std::string body;
  while (!text.empty()) {
    size_t bytes = 1;
    while (bytes <= 4 && bytes <= text.size() && !is_utf8(text.substr(0, bytes))) ++bytes;
    if (bytes <= 4 && bytes <= text.size()) {
      body += string_body(text.substr(0, bytes));
    } else {
      bytes = 1;
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\udc%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      body += escape;
    }
    text.remove_prefix(bytes);
  }
  return body;
}

std::string quoted_text(std::string_view text) {
  return "\"" + string_body(text) + "\"";
}

void append(std::string& out, const Json& value) {
  if (value.is_string()) {
    out += quoted_text(value.get_ref<const std::string&>());
  } else if (value.is_structured()) {
    out += value.is_object() ? "{" : "[";
    bool first = true;
    for (const auto& [name, inner] : value.items()) {
      if (!first) out += ",";
      first = false;
      if (value.is_object()) out += quoted_text(name) + ":";
      append(out, inner);
    }
    out += value.is_object() ? "}" : "]";
  } else {
    out += value.dump();
  }
}

}  // namespace

std::string json_text(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace heed
