// Sanitizers: which of them this test was compiled with. A constant, and a word for the
// preprocessor where a whole test means nothing under one.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define STRONGROOM_UNDER_ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__)
#define STRONGROOM_UNDER_THREAD_SANITIZER 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STRONGROOM_UNDER_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define STRONGROOM_UNDER_THREAD_SANITIZER 1
#endif
#endif

namespace vault {

#ifdef STRONGROOM_UNDER_ADDRESS_SANITIZER
inline constexpr bool kUnderAddressSanitizer = true;
#else
inline constexpr bool kUnderAddressSanitizer = false;
#endif
#ifdef STRONGROOM_UNDER_THREAD_SANITIZER
inline constexpr bool kUnderThreadSanitizer = true;
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif
inline constexpr bool kUnderSanitizer = kUnderAddressSanitizer || kUnderThreadSanitizer;

}  // namespace vault
