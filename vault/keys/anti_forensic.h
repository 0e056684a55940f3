// AntiForensic: a record spread so thin that losing any piece of it loses it all.
//
//   area = stripe[0] … stripe[n-1], each as long as the record; all but the last are random
//   d = 0;  for k in 0 … n-2: d = F(d XOR stripe[k]);  stripe[n-1] = d XOR record
//   F(block) = BLAKE2b-256(label, u8 0 || block) || BLAKE2b-256(label, u8 1 || block) || …,
//              cut to the block's length; label = "strongroom/v1/anti-forensic"
//
// A medium may keep an old copy of some blocks (worn flash, re-mapped sectors) whatever is written
// over them. One of the many stripes gone is enough: the record cannot be put together again.
#pragma once

#include <cstddef>

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/crypto/secret.h"

namespace vault {

// SplitRecord makes an area of `stripes` stripes; at least two.
SecretBytes SplitRecord(ByteView record, std::size_t stripes, RandomSource& random);
// JoinRecord gives back the record of an area; nonsense when any bit of the area is wrong.
SecretBytes JoinRecord(ByteView area, std::size_t stripes);

}  // namespace vault
