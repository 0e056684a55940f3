// PageCipher: AES-256-CBC as SQLCipher seals a page, to look at pages that SQLite itself never
// shows again: free ones, and frames of its log. It checks no authenticity: who only searches needs
// none.
#pragma once

#include <memory>

#include "vault/base/bytes.h"

namespace vault {

// PageCipher decrypts under one 32-byte key.    Threads: one thread at a time.
class PageCipher {
 public:
  explicit PageCipher(ByteView key);
  ~PageCipher();
  PageCipher(const PageCipher&) = delete;
  PageCipher& operator=(const PageCipher&) = delete;
  // Open decrypts whole blocks of 16 bytes without padding: out.size() == sealed.size(). A tampered
  // page decrypts to something else.
  void Open(const ByteArray<16>& iv, ByteView sealed, MutableByteView out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vault
