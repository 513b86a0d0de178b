"""How the cost of `run` grows with what a container has, and with what the machine has."""
import json

from . import flavours, kernel, operations, processes, rounds

# By what is many: bind mounts and environment entries of a container, mounts of the host, containers present, files in
# an id-mapped rootfs, ...
SIZES = {
    "binds": (0, 100, 1000, 5000),
    "environment": (0, 1000, 10000),
    "mappings": (1, 8, 340),
    "hooks": (0, 10, 100),
    "host-mounts": (0, 1000, 10000),
    "containers": (1, 1000, 10000),
    "files": (1, 100000),
}
QUICK_LIMIT = 1000  # of the sizes; that of the files, which cost little, is not cut


class Variant:
    """One size, as a contestant of a round."""

    def __init__(self, size, command):
        self.name, self.command = str(size), command


def _each(points):
    """Microseconds for one more, from the smallest to the largest size that worked."""
    known = [(size, point.median) for size, point in points if point]
    if len(known) < 2:
        return None
    (first, low), (last, high) = known[0], known[-1]
    return (high - low) * 1000 / (last - first)


def _compare(bench, what, name, variants):
    results = rounds.paired(variants, max(3, bench.sizes.rounds // 4),
                           lambda variant, number: {"run": bench.measure(variant.command(number))})["run"]
    points = [(int(variant.name), rounds.spread(rounds.values(results[variant.name], "cpu"))) for variant in variants]
    return what, name, points, _each(points)


def short_ranges(count):
    """With short numbers: the kernel takes 340 lines, but no more than a page of text."""
    ranges = [{"containerID": 0, "hostID": 4000, "size": 100}]
    return ranges + [{"containerID": 100 + index, "hostID": 5000 + 2 * index, "size": 1} for index in range(count - 1)]


def _bundle(bench, what, size):
    config = flavours.default(bench.place)
    if what == "binds":
        flavours.with_binds(config, bench.place, size)
    elif what == "environment":
        config["process"]["env"] += [f"NAME_{index}=value of it" for index in range(size)]
    elif what == "mappings":
        flavours.with_mappings(config, 1)
        config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = short_ranges(size)
    elif what == "hooks":
        config["hooks"] = {"createRuntime": [{"path": str(bench.place.rootfs / "bin/true")}] * size}
    return flavours.write_bundle(bench.place, f"{what}-{size}", config)


def in_config(bench, what, sizes, runtimes):
    bundles = {size: _bundle(bench, what, size) for size in sizes}
    for runtime in runtimes:
        variants = [
            Variant(size, lambda number, size=size: runtime.run(bench.id(runtime, f"{size}-{number}"), bundles[size]))
            for size in sizes
        ]
        yield _compare(bench, what, runtime.name, variants)


def host_mounts(bench, what, sizes, runtimes):
    """One size after the other: what is mounted is there for everybody, so that sizes cannot take turns within a round."""
    bundle = flavours.bundle(bench.place, "default")
    top = bench.place.directory / "host"
    points = {runtime.name: [] for runtime in runtimes}
    made = 0
    try:
        for size in sizes:
            while made < size:
                target = top / str(made)
                target.mkdir(parents=True)
                kernel.mount(str(target), str(target), None, kernel.MS_BIND)
                made += 1
            results = rounds.paired(runtimes, max(3, bench.sizes.rounds // 4), lambda runtime, number: {
                "run": bench.measure(runtime.run(bench.id(runtime, number), bundle))})["run"]
            for runtime in runtimes:
                points[runtime.name].append((size, rounds.spread(rounds.values(results[runtime.name], "cpu"))))
    finally:
        for index in range(made):
            kernel.unmount(str(top / str(index)))
    for name, of_name in points.items():
        yield what, name, of_name, _each(of_name)


def containers_present(bench, what, sizes, runtimes):
    bundle = flavours.bundle(bench.place, "default")
    for runtime in runtimes:
        crowd = operations.with_copies(bench, runtime, 1)
        real = bench.id(runtime, "crowd")
        made = 1
        points = []
        try:
            for size in sizes:
                for index in range(made, size):
                    operations.copy_container(crowd.state, real, f"{real}-{index}")
                made = size
                results = rounds.paired([crowd], max(3, bench.sizes.rounds // 4), lambda one, number: {
                    "run": bench.measure(one.run(bench.id(one, number), bundle))})["run"]
                points.append((size, rounds.spread(rounds.values(results[crowd.name], "cpu"))))
        finally:
            operations.remove_copies(bench, crowd)
        yield what, runtime.name, points, _each(points)


def fill(directory, count):
    """Empty files, a thousand in a directory."""
    for number in range(count):
        if number % 1000 == 0:
            sub = directory / f"{number // 1000}"
            sub.mkdir(parents=True, exist_ok=True)
        (sub / str(number)).touch()


def idmapped_rootfs(bench, what, sizes, runtimes):
    """A rootfs whose owners the kernel maps; runtimes without the option are not asked."""
    for runtime in (one for one in runtimes if one.name == "rt"):
        variants = []
        for size in sizes:
            rootfs = bench.place.directory / f"idmapped-{size}"
            processes.run(bench.place, ["/bin/cp", "-a", bench.place.rootfs, rootfs])
            fill(rootfs / "srv", size)
            config = flavours.default(bench.place)
            flavours.with_mappings(config, 1)
            config["root"]["path"] = str(rootfs)
            bundle = flavours.write_bundle(bench.place, f"idmapped-{size}", config)
            variants.append(Variant(size, lambda number, size=size, bundle=bundle: runtime.run(
                bench.id(runtime, f"{size}-{number}"), bundle, "--idmap-rootfs")))
        yield _compare(bench, what, runtime.name, variants)


MEASURED_BY = {
    "host-mounts": host_mounts,
    "containers": containers_present,
    "files": idmapped_rootfs,
}
FLOOR_TOO = ("binds", "mappings", "host-mounts")  # what the kernel itself has to do with


def measure(bench, names):
    subject = [runtime for runtime in bench.runtimes if runtime.name == "rt"]
    floor = [runtime for runtime in bench.runtimes if runtime.name == "floor"]
    for what in names:
        sizes = SIZES[what]
        if bench.sizes.quick and what in FLOOR_TOO + ("containers", "environment"):
            sizes = [size for size in sizes if size <= QUICK_LIMIT]
        contestants = subject + floor if what in FLOOR_TOO else subject
        yield from MEASURED_BY.get(what, in_config)(bench, what, sizes, contestants)


def scan(bench, files):
    """`rt scan` over a tree whose owner is not mapped, and beside it find(1), which asks for each owner too."""
    runtime = next(one for one in bench.runtimes if one.name == "rt")
    tree = bench.place.directory / "large"
    fill(tree, files)
    config = flavours.default(bench.place)
    flavours.with_mappings(config, 1)
    config["root"]["path"] = str(tree)
    bundle = flavours.write_bundle(bench.place, "large", config)
    result = {"files": files}
    for name, command in (("rt scan", [runtime.path, "scan", "--json", "--bundle", bundle]),
                          ("find -user", ["/usr/bin/find", tree, "-user", "4000000"])):
        result[name] = bench.measure(command)._asdict()
    return result


def scan_line(result):
    """That something was found is an exit status of rt scan too: whoever used no time has failed."""
    parts = [
        f"{name}: {one['wall'] / 1000:.1f} s, {one['cpu'] / 1000:.1f} s CPU, {one['memory']:.0f} KiB"
        if one["cpu"] > 0
        else f"{name}: failed"
        for name, one in result.items() if isinstance(one, dict)
    ]
    return f"{result['files']} files: " + "; ".join(parts)


def to_json(lines):
    return json.loads(json.dumps([
        {"with": what, "of": name, "cpu": [[size, point and point._asdict()] for size, point in points], "each": each}
        for what, name, points, each in lines
    ]))
