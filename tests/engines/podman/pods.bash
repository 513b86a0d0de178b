# Cases of Podman, as root and rootless: several containers, pods, kube files, networks.

case_pod() {
    podman pod create --name pod --hostname podhost --infra-image $image --infra-command "sleep 100000"
    podman run -d --pod pod --name one $image httpd -f -p 8080 -h /etc
    wait_for podman run --rm --pod pod $image wget -qO- http://127.0.0.1:8080/os-release
    expect_output podhost podman exec one hostname
    expect_output "$(podman exec one readlink /proc/self/ns/net)" podman run --rm --pod pod $image readlink /proc/self/ns/net
    expect_output "$(podman exec one readlink /proc/self/ns/ipc)" podman run --rm --pod pod $image readlink /proc/self/ns/ipc
    expect_status 0 podman pod stop -t 0 pod
    expect_status 0 podman pod start pod
    expect_status 0 podman pod rm -f -t 0 pod
}

case_pod_shared_pid() {
    podman pod create --name pod --share net,ipc,uts,pid --infra-image $image --infra-command "sleep 100000"
    podman run -d --pod pod $image sleep 4321
    expect_status 0 podman run --rm --pod pod $image ps -o args
    expect_text "the processes of the pod" "$out" "sleep 4321" "sleep 100000"
    expect_status 0 podman pod rm -f -t 0 pod
}

case_pod_pause() {
    can_freeze
    podman pod create --name pod --infra-image $image --infra-command "sleep 100000"
    podman run -d --pod pod --name one $image sleep 1000
    expect_status 0 podman pod pause pod
    expect_output paused podman inspect one --format '{{.State.Status}}'
    expect_status 0 podman pod unpause pod
    expect_status 0 podman pod rm -f -t 0 pod
}

case_kube() {
    cat >$shared/kube.yaml <<END
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  restartPolicy: Never
  containers:
  - name: web
    image: localhost/$image
    command: ["httpd", "-f", "-p", "8080", "-h", "/srv"]
    env: [{name: A, value: "1"}]
    securityContext: {runAsUser: 33, readOnlyRootFilesystem: true}
    volumeMounts: [{name: data, mountPath: /srv}]
  - name: side
    image: localhost/$image
    command: ["sleep", "1000"]
  volumes:
  - name: data
    hostPath: {path: $shared, type: Directory}
END
    echo served >$shared/page
    chmod 644 $shared/page
    expect_status 0 podman play kube $shared/kube.yaml
    wait_for podman exec pod-side wget -qO- http://127.0.0.1:8080/page
    expect_output served podman exec pod-side wget -qO- http://127.0.0.1:8080/page
    expect_output "33 1" podman exec pod-web sh -c 'echo $(id -u) $A'
    expect_status 0 podman play kube --down $shared/kube.yaml
}

case_generate_kube() {
    podman pod create --name pod --infra-image $image --infra-command "sleep 100000"
    podman run -d --pod pod --name one -e A=1 $image sleep 1000
    expect_status 0 podman generate kube pod
    expect_text kube "$out" "kind: Pod" "name: A"
    podman pod rm -f -t 0 pod
}

case_network() {
    can_bridge
    podman network create net
    podman run -d --name one --network net $image httpd -f -h /etc
    wait_for sh -c "podman run --rm --network net $image wget -qO- http://$(podman inspect one --format '{{.NetworkSettings.Networks.net.IPAddress}}')/os-release"
    podman rm -f -t 0 one
    podman network rm net
}

case_ports() {
    podman run -d --name one -p 127.0.0.1:8088:80 $image httpd -f -h /etc
    wait_for wget -qO- http://127.0.0.1:8088/os-release
}

case_network_none() {
    expect_output lo podman run --rm --network none $image sh -c 'ls /sys/class/net'
    expect_output 0 podman run --rm --network none $image sh -c 'stat -c %u /sys/class/net/lo'
}

case_dns() {
    expect_status 0 podman run --rm --dns 192.0.2.1 --add-host name:192.0.2.7 $image cat /etc/resolv.conf /etc/hosts
    expect_text files "$out" "nameserver 192.0.2.1" "192.0.2.7"
}

# What a compose file makes: a network, a store and a service that wants it. Both addresses of the store are given: after a
# restart with another hardware address the service would send to the old one for a minute. And it has no name: Podman's name
# server asks further ones, which do not answer here.
case_compose_like() {
    can_bridge
    podman network create --internal --subnet 10.77.0.0/24 app
    podman volume create data
    podman run -d --name store --network app --ip 10.77.0.5 --mac-address 02:00:00:00:00:05 -v data:/srv --restart always $image \
        sh -c 'echo kept >/srv/page; exec httpd -f -h /srv'
    podman run -d --name service --network app --requires store $image \
        sh -c 'until wget -qO /tmp/page http://10.77.0.5/page; do sleep 0.2; done; exec httpd -f -h /tmp'
    wait_for sh -c "podman exec service wget -qO- http://127.0.0.1/page | grep kept"
    expect_status 0 podman restart -t 0 store
    wait_for sh -c 'podman exec service wget -qO- http://10.77.0.5/page | grep kept'
    podman rm -f -t 0 service
    podman rm -f -t 0 store
    podman network rm app
}
