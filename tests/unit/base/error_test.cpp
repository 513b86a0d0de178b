#include "rt/base/error.hpp"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "catch.hpp"
#include "rt/base/errno_text.hpp"

using namespace rt;
using Strings = std::vector<std::string>;

namespace {

template <class Work>
Failure failure_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        CHECK(error.what() == error.failure().message());
        return error.failure();
    }
    FAIL("no error");
    return {};
}

}  // namespace

TEST_CASE("the words that engines match are in lower case", "[base][errno]") {
    CHECK(errno_text(ENOENT) == "no such file or directory");
    CHECK(errno_text(EACCES) == "permission denied");
    CHECK(errno_text(EPERM) == "operation not permitted");
    CHECK(errno_text(ENOTDIR) == "not a directory");
    CHECK(errno_text(ENOEXEC) == "exec format error");
    CHECK(errno_text(EINVAL) == "invalid argument");
    for (int code = 1; code < 134; ++code) {
        const std::string text = errno_text(code);
        CAPTURE(code, text);
        const bool abbreviation = std::isupper(static_cast<unsigned char>(text[1])) != 0;
        CHECK((abbreviation || std::isupper(static_cast<unsigned char>(text[0])) == 0));
    }
}

TEST_CASE("an errno has the name that errno(3) gives it", "[base][errno]") {
    struct Case {
        int code;
        const char* name;
    };
    const Case cases[] = {
        {1, "EPERM"},          {2, "ENOENT"},      {3, "ESRCH"},         {4, "EINTR"},      {5, "EIO"},
        {7, "E2BIG"},          {8, "ENOEXEC"},     {9, "EBADF"},         {10, "ECHILD"},    {11, "EAGAIN"},
        {12, "ENOMEM"},        {13, "EACCES"},     {14, "EFAULT"},       {16, "EBUSY"},     {17, "EEXIST"},
        {18, "EXDEV"},         {19, "ENODEV"},     {20, "ENOTDIR"},      {21, "EISDIR"},    {22, "EINVAL"},
        {24, "EMFILE"},        {25, "ENOTTY"},     {26, "ETXTBSY"},      {28, "ENOSPC"},    {30, "EROFS"},
        {32, "EPIPE"},         {34, "ERANGE"},     {38, "ENOSYS"},       {39, "ENOTEMPTY"}, {40, "ELOOP"},
        {87, "EUSERS"},        {95, "EOPNOTSUPP"}, {75, "EOVERFLOW"},    {90, "EMSGSIZE"},  {104, "ECONNRESET"},
        {111, "ECONNREFUSED"}, {122, "EDQUOT"},    {36, "ENAMETOOLONG"},
    };
    for (const Case& entry : cases) {
        CAPTURE(entry.code);
        CHECK(errno_name(entry.code) == entry.name);
    }
    CHECK(errno_name(4095) == "errno 4095");
}

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
TEST_CASE("no errno has a wrong name", "[base][errno]") {
    for (int code = 1; code < 134; ++code) {
        const std::string name = errno_name(code);
        if (name.rfind("errno ", 0) == 0) continue;
        CAPTURE(code);
        CHECK(name == ::strerrorname_np(code));
    }
}
#endif
#endif

TEST_CASE("a failure is one line that holds what is known", "[base][error]") {
    struct Case {
        Failure failure;
        const char* message;
    };
    const Case cases[] = {
        {{.doing = "open", .object = "/x", .code = ENOENT}, "cannot open '/x': no such file or directory (ENOENT)"},
        {{.doing = "open", .object = "/x", .code = EACCES, .reason = "mode 0700"},
         "cannot open '/x': mode 0700: permission denied (EACCES)"},
        {{.doing = "use the mappings at", .object = "/linux/uidMappings/1", .reason = "size is 0", .hint = "a hint"},
         "cannot use the mappings at '/linux/uidMappings/1': size is 0"},
        {{.doing = "go on"}, "cannot go on"},
        {{.doing = "go on", .code = ENOMEM}, "cannot go on: cannot allocate memory (ENOMEM)"},
        {{.doing = "mount",
          .object = "/proc",
          .code = EPERM,
          .during = {"create container web1", "prepare the rootfs"}},
         "create container web1: prepare the rootfs: cannot mount '/proc': operation not permitted (EPERM)"},
        {{.doing = "x", .code = 4095}, "cannot x: unknown error 4095 (errno 4095)"},
    };
    for (const Case& entry : cases) CHECK(entry.failure.message() == entry.message);
}

TEST_CASE("steps are added from the inside outwards, and shown from the outside inwards", "[base][error]") {
    const Failure failure = failure_of([] {
        during("create container web1", [] { during("prepare the rootfs", [] { fail("mount", "/proc", "no"); }); });
    });
    CHECK(failure.during == Strings{"create container web1", "prepare the rootfs"});
    CHECK(failure.message() == "create container web1: prepare the rootfs: cannot mount '/proc': no");
    CHECK(failure.code == 0);
    CHECK(failure.kind == FailureKind::runtime);
}

TEST_CASE("the hint that was given first, next to the cause, stays", "[base][error]") {
    Error error(Failure{.doing = "x"});
    error.add_hint("inner");
    error.add_hint("outer");
    CHECK(error.failure().hint == "inner");
    CHECK(failure_of([] { fail("x", "y", "z", "the hint"); }).hint == "the hint");
}

TEST_CASE("the errno is that of the moment of the throw", "[base][error]") {
    const Failure failure = failure_of([] {
        errno = ELOOP;
        throw_errno("open", "/x");
    });
    CHECK(failure.code == ELOOP);
    const Failure given = failure_of([] {
        errno = ELOOP;
        throw_errno("open", "/x", EBUSY, "why", "what now");
    });
    CHECK(given.code == EBUSY);
    CHECK(given.reason == "why");
    CHECK(given.hint == "what now");
}

TEST_CASE("work that succeeds, or fails in another way, passes through its step unchanged", "[base][error]") {
    CHECK(during("add", [] { return 42; }) == 42);
    int number = 0;
    during("set", [&]() -> int& { return number; }) = 7;
    CHECK(number == 7);
    CHECK_THROWS_AS(during("slip", [] { throw std::logic_error("x"); }), std::logic_error);
}
