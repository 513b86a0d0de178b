#include "rt/network/devices.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"

namespace rt::network {

namespace {

[[noreturn]] void refuse_taken_name(const plan::NetDevice& device) {
    fail("move the network device at", device.where,
         concat("the container's network namespace has a device '", device.name, "' already"),
         "give it another name, or a template like \"eth%d\", of which the kernel makes a name");
}

}  // namespace

MovedDevices::MovedDevices(NetworkNamespace home, NetworkNamespace container)
    : home_(std::move(home)), container_(std::move(container)) {}

MovedDevices::~MovedDevices() {
    for (auto moved = moved_.rbegin(); moved != moved_.rend(); ++moved) {
        try {
            take_back(*moved);
        } catch (const Error& error) {
            log::warning(concat("the network device '", moved->host_name,
                                "' is not as it was before: ", error.failure().message()));
        }
    }
}

Link MovedDevices::require_movable(const plan::NetDevice& device) {
    const std::optional<Link> link = try_find_link(home_->netlink, device.host_name);
    if (!link) {
        fail("move the network device at", device.where,
             concat("there is no network device '", device.host_name, "' where rt runs"),
             "ip link lists those there are");
    }
    if (!device.is_template() && try_find_link(container_->netlink, device.name)) refuse_taken_name(device);
    return *link;
}

void MovedDevices::move(const std::vector<plan::NetDevice>& devices) {
    std::vector<Link> links;
    links.reserve(devices.size());
    for (const plan::NetDevice& device : devices) links.push_back(require_movable(device));
    for (std::size_t i = 0; i < devices.size(); ++i) {
        during(concat("move the network device '", devices[i].host_name, "'"), [&] { move(devices[i], links[i]); });
    }
}

void MovedDevices::move(const plan::NetDevice& device, const Link& link) {
    // The kernel renames after the move, and a failure then leaves the device behind under its old name: so it travels under a name
    // that nobody has, and gets its own one when it is there. A template would also find the device's own name taken.
    moved_.push_back({.host_name = device.host_name,
                      .name_on_the_way = concat("rt-", link.index),
                      .at_home = link,
                      .addresses = permanent_addresses(home_->netlink, link),
                      .routes = routes_over(home_->netlink, link),
                      .in_container = {}});
    Moved& moved = moved_.back();
    move_link(home_->netlink, link, container_->fd.get(), moved.name_on_the_way);
    moved.in_container = try_find_link(container_->netlink, moved.name_on_the_way);
    if (!moved.in_container) fail("find", moved.name_on_the_way, "it did not arrive");
    try {
        rename_link(container_->netlink, *moved.in_container, device.name);
    } catch (const Error& error) {
        if (error.failure().code == EEXIST) refuse_taken_name(device);
        throw;
    }
    const std::string name = device.is_template() ? name_of(container_->netlink, *moved.in_container) : device.name;
    for (const Address& address : moved.addresses) {
        add_address(container_->netlink, *moved.in_container, address, device.host_name, name);
    }
    set_link_up(container_->netlink, *moved.in_container);
}

void MovedDevices::take_back(Moved& moved) {
    if (!moved.in_container) moved.in_container = try_find_link(container_->netlink, moved.name_on_the_way);
    if (!moved.in_container) return;  // it never left
    move_link(container_->netlink, *moved.in_container, home_->fd.get(), moved.host_name);
    const std::optional<Link> link = try_find_link(home_->netlink, moved.host_name);
    if (!link) fail("find", moved.host_name, "it did not return");
    for (const Address& address : moved.addresses) {
        add_address(home_->netlink, *link, address, moved.host_name, moved.host_name);
    }
    if (moved.at_home.master != 0) set_master(home_->netlink, *link, moved.at_home.master);
    if (moved.at_home.up) set_link_up(home_->netlink, *link);
    for (const Route& route : moved.routes) add_route(home_->netlink, *link, route);
}

}  // namespace rt::network
