// A program for containers: sends its argument to $NOTIFY_SOCKET, as sd_notify(3) does; a descriptor goes along.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int count, char** texts) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (count != 2 || path == nullptr || std::strlen(path) >= sizeof address.sun_path) return 2;
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path);
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec part{.iov_base = texts[1], .iov_len = std::strlen(texts[1])};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int input = 0;
    std::memcpy(CMSG_DATA(header), &input, sizeof input);
    if (::sendmsg(socket, &message, 0) >= 0) return 0;
    std::perror(path);
    return 1;
}
