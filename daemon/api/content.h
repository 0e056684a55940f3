// Content: the bytes of an opened document as an answer, whole or one range of them.
#pragma once

#include <string>

#include "daemon/api/door.h"
#include "vault/documents.h"

namespace service {

// ContentAnswer streams a document. `name` in the entity tag: the document's id, or what stands for
// it where the caller may not learn the id.
vault::Result<Response> ContentAnswer(Door& door, const VaultGate::Pass& pass,
                                      vault::DocumentStream stream, const std::string& tag_name);

}  // namespace service
