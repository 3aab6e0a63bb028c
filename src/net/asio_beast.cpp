// The one translation unit that compiles Asio and Beast (see the definitions in CMakeLists.txt).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
