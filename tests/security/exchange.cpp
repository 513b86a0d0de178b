// A process that races: exchanges two names for ever, until one of them is gone.
//   exchange NAME OTHER [NAME OTHER]...
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

int main(int count, char** names) {
    constexpr unsigned exchange = 2;  // RENAME_EXCHANGE, linux/fs.h
    for (;;) {
        for (int pair = 1; pair + 1 < count; pair += 2) {
            if (::syscall(SYS_renameat2, AT_FDCWD, names[pair], AT_FDCWD, names[pair + 1], exchange) == 0) continue;
            if (errno == EBUSY) continue;
            std::perror("renameat2");
            return 1;
        }
    }
}
