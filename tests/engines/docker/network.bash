# Several containers that find each other.

case_network() {
    expect_status 0 docker network create net1
    expect_status 0 docker run -d --name web --network net1 -v "$image_root/etc:/srv:ro" base httpd -f -p 80 -h /srv
    expect_status 0 docker run -d --name db --network net1 --network-alias store base sleep 1000
    expect_text "by name" "$(docker exec db wget -q -O- http://web/os-release)" rt-busybox
    expect_text "one more container" "$(docker run --rm --network net1 base wget -q -O- http://web/os-release)" rt-busybox
    expect_status 0 docker run --rm --network net1 base ping -c 1 -W 5 store
    # A second network for a running container.
    expect_status 0 docker network create net2
    expect_status 0 docker network connect net2 web
    expect_status 0 docker run --rm --network net2 base ping -c 1 -W 5 web
    expect_output $'lo' docker run --rm --network none base ls /sys/class/net
}

case_published_port() {
    expect_status 0 docker run -d --name web -p 127.0.0.1:8080:80 -v "$image_root/etc:/srv:ro" base httpd -f -p 80 -h /srv
    fetch() { [[ $("$image_root/bin/busybox" wget -q -O- http://127.0.0.1:8080/os-release) == *rt-busybox* ]]; }
    wait_for fetch
}

case_names_and_hosts() {
    expect_output "web1 web1.example.org" docker run --rm --hostname web1 --domainname example.org base sh -c 'echo $(hostname) $(hostname -f)'
    expect_text "hosts" "$(docker run --rm --add-host other:10.1.2.3 base cat /etc/hosts)" $'10.1.2.3\tother'
    expect_text "dns" "$(docker run --rm --dns 10.9.9.9 base cat /etc/resolv.conf)" "nameserver 10.9.9.9"
}
