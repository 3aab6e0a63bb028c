#include "net/buffer.h"

#include <sys/mman.h>

namespace axonflow::net {

void* MapPages(std::size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return pages;
}

void UnmapPages(void* pages, std::size_t bytes) noexcept { munmap(pages, bytes); }

}  // namespace axonflow::net
