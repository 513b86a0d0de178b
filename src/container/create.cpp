#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/build.hpp"
#include "rt/container/pid_file.hpp"

namespace rt::container {

void create(const Roots& roots, const CreateOptions& options) {
    during(concat("create container ", printable(options.id)), [&] {
        os::HeldSignals signals(signals_to_hold());
        Built built = build(roots, options, Start::on_request, signals);
        write_pid_file(options.pid_file, built.init.pid());
        built.commit(state::Status::created);
        built.release();
        signals.forget();
    });
}

}  // namespace rt::container
