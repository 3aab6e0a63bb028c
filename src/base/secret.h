#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>
#include <utility>

namespace axonflow {

// Text that must never reach a log, an error or an answer. It has no conversion to a string and no
// stream operator; the only way to the bytes is Reveal(), which is easy to search for in a review.
// The bytes are overwritten when the value dies.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(other.text_) { other.Wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe();
      text_ = other.text_;
      other.Wipe();
    }
    return *this;
  }
  ~Secret() { Wipe(); }

  std::string_view Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  void Wipe() {
    if (!text_.empty()) OPENSSL_cleanse(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

}  // namespace axonflow
