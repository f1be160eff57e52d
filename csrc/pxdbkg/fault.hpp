// What a kernel throws when its input breaks a rule; the bindings raise it as pxdbkg.errors.DigitError.
#pragma once

#include <stdexcept>
#include <string>

namespace pxdbkg {

class Fault : public std::runtime_error {
  public:
    explicit Fault(const std::string& message) : std::runtime_error(message) {}
};

}  // namespace pxdbkg
