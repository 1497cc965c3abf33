// SPDX-License-Identifier: MIT
// std::allocator calls this function since GCC 11, whose libstdc++ (GLIBCXX_3.4.29) is the first to have it. Defined
// here, the addon loads with the older one of Debian 10 (3.4.25). Static linking of libstdc++ is no way out: here its
// archive wants glibc 2.36.
#include <new>

#ifdef __GLIBCXX__
namespace std {

[[noreturn]] void __throw_bad_array_new_length() { throw bad_array_new_length(); }

}  // namespace std
#endif
