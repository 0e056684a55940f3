#include "daemon/credential.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace service {
namespace {

constexpr std::size_t kMostCredential = 1024;

vault::Status CheckRights(const struct stat& file, const CredentialPlace& place) {
  if (!S_ISREG(file.st_mode)) return vault::Invalid("unseal.credential names no file");
  if (file.st_uid != ::geteuid() && file.st_uid != 0) {
    return vault::Denied(
        "the unseal credential belongs to another user: it must be the service's own");
  }
  const bool managed =
      !place.manager_folder.empty() && place.path.starts_with(place.manager_folder + "/");
  const mode_t others = managed ? S_IRWXO | S_IWGRP | S_IXGRP : S_IRWXO | S_IRWXG;
  if ((file.st_mode & others) != 0) {
    return vault::Denied(
        "the unseal credential may be read by others: chmod 600 it, and think of it as known if "
        "others were on this machine");
  }
  return vault::Ok();
}

}  // namespace

vault::Result<vault::Plaintext> ReadCredential(const CredentialPlace& place) {
  const int descriptor = ::open(place.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == EACCES) return vault::Denied("the unseal credential may not be read by us");
    return vault::NotFound("the unseal credential is not there");
  }
  // Asked of what was opened: what stands at the path could change in between.
  struct stat file {};
  const bool known = ::fstat(descriptor, &file) == 0;
  vault::Status allowed =
      known ? CheckRights(file, place) : vault::Unavailable("the unseal credential cannot be read");
  vault::Plaintext text(kMostCredential + 1);
  std::size_t size = 0;
  while (allowed.ok() && size < text.size()) {
    const ssize_t n = ::read(descriptor, text.mutable_view().data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) allowed = vault::Unavailable("the unseal credential cannot be read");
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  ::close(descriptor);
  if (!allowed.ok()) return allowed.error();
  if (size > kMostCredential) return vault::Invalid("the unseal credential is too long");
  text.Resize(size);
  return text;
}

}  // namespace service
