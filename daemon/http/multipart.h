// Multipart: forms with one file in them, read as they come.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/body.h"
#include "daemon/http/message.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace service {

// MultipartReader gives the file of a multipart/form-data body as a pull source of its own.
//
//   body = delimiter part *( CRLF delimiter part ) CRLF delimiter "--" [ CRLF ]
//   part = headers CRLF content
//
// The small fields stand before the file, the file is last. At most 32 fields of 8 KiB; a part's
// headers have at most 4 KiB. No preamble, no epilogue.    Source: RFC 7578, RFC 2046 §5.1.
class MultipartReader : public BodyReader {
 public:
  // Open reads the fields and the headers of the file. The body outlives the reader.
  // Errors: kInvalid the content type is another or malformed, the form is malformed, has no file,
  //         a field twice or too much of something; those of the body.
  static vault::Result<std::unique_ptr<MultipartReader>> Open(std::string_view content_type,
                                                              BodyReader& body);

  const std::vector<NamedValue>& fields() const { return fields_; }
  // file_name is the last component of what the sender called the file; UTF-8, never a path.
  const std::string& file_name() const { return file_name_; }

  // Read gives the file's content; 0 only after the form ended properly behind it.
  // Errors: kInvalid anything but the end follows the file; those of the body.
  vault::Result<std::size_t> Read(vault::MutableByteView out) override;

 private:
  MultipartReader(std::string delimiter, BodyReader& body);

  struct PartHead {
    std::string name;
    bool is_file = false;
    std::string file_name;
  };
  vault::Status Start();
  // Fill reads more into the window. False: the body is over.
  vault::Result<bool> Fill();
  // Need makes at least n bytes available. Errors: kInvalid the form breaks off.
  vault::Status Need(std::size_t n);
  std::string_view Window() const;
  void Drop(std::size_t n) { begin_ += n; }
  vault::Result<std::size_t> ReadContent(vault::MutableByteView out);
  vault::Result<PartHead> ReadPartHead();
  vault::Result<std::string> ReadField();
  // AfterDelimiter says whether another part follows.
  vault::Result<bool> AfterDelimiter();
  vault::Status ReadEnd();

  std::string delimiter_;  // CRLF "--" boundary
  BodyReader& body_;
  vault::Plaintext window_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::vector<NamedValue> fields_;
  std::string file_name_;
  bool done_ = false;
  bool failed_ = false;
};

}  // namespace service
