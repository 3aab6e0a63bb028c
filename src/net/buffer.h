#pragma once

#include <cstddef>
#include <new>
#include <string>

namespace axonflow::net {

// Blocks from this size on are mapped pages of their own: their memory goes back to the system in
// the moment they are freed. The allocator of the process may keep freed pages as long as it likes,
// and the bodies of strangers must not decide how much it keeps. Smaller blocks are left to it, for
// a mapping costs a page fault every 4 KiB.
inline constexpr std::size_t kMappedBytesMin = 256 << 10;

void* MapPages(std::size_t bytes);  // throws std::bad_alloc
void UnmapPages(void* pages, std::size_t bytes) noexcept;

template <class T>
struct BufferAllocator {
  using value_type = T;

  BufferAllocator() = default;
  template <class U>
  BufferAllocator(const BufferAllocator<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(bytes < kMappedBytesMin ? ::operator new(bytes) : MapPages(bytes));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    const std::size_t bytes = count * sizeof(T);
    bytes < kMappedBytesMin ? ::operator delete(block) : UnmapPages(block, bytes);
  }
  bool operator==(const BufferAllocator&) const { return true; }
};

// Bytes of a request while they arrive.
using Buffer = std::basic_string<char, std::char_traits<char>, BufferAllocator<char>>;

}  // namespace axonflow::net
