#!/usr/bin/perl
# The guest's end of vmtest: waits until the system is up, says so on the virtio
# port, then carries out one request. Uses nothing outside Debian's perl-base.
#
# Frames, both ways: one letter, payload length (32 bits, big endian), payload.
#   guest -> host  H up and ready   O stdout   E stderr   X exit status
#   host -> guest  R request: NUL-separated words, see below
use strict;
use warnings;
use POSIX ();

my ($port_name, $port) = ('vmtest');
for (1 .. 400) {
    for my $dir (glob '/sys/class/virtio-ports/*') {
        open my $f, '<', "$dir/name" or next;
        my $name = <$f> // '';
        chomp $name;
        next if $name ne $port_name;
        (my $node = $dir) =~ s{.*/}{/dev/};
        open $port, '+<:raw', $node or next;
    }
    last if $port;
    select undef, undef, undef, 0.05;
}
$port or die "no virtio port named $port_name\n";

sub frame {
    my ($type, $data) = @_;
    my $buf = $type . pack('N', length $data) . $data;
    while (length $buf) {
        my $n = syswrite $port, $buf, 65536;
        next if !defined $n && $!{EINTR};
        die "port: $!\n" if !defined $n;
        substr $buf, 0, $n, '';
    }
}

sub receive {
    my ($want) = @_;
    my $buf = '';
    while (length $buf < $want) {
        my $n = sysread $port, $buf, $want - length $buf, length $buf;
        next if !defined $n && $!{EINTR};
        if (!$n) {    # host not connected (yet)
            select undef, undef, undef, 0.02;
            next;
        }
    }
    return $buf;
}

# Everything that belongs to a booted system, lingering users' sessions included.
system 'systemctl is-system-running --wait >/run/vmtest-state 2>&1';
for my $file (glob '/var/lib/systemd/linger/*') {
    (my $name = $file) =~ s{.*/}{};
    my $uid = getpwnam $name;
    system "systemctl start user\@$uid.service" if defined $uid;
}
frame('H', '');

my ($type, $len) = unpack 'a N', receive(5);
my $payload = receive($len);
die "request expected\n" if $type ne 'R';

# time SECONDS | seed HEX | mount TAG=DIR[,OPTION] | cwd DIR | user NAME | env NAME=VALUE | arg WORD
my (@argv, @env, @mounts, $cwd, $user);
my @words = split /\0/, $payload, -1;
while (@words >= 2) {
    my ($key, $value) = splice @words, 0, 2;
    if ($key eq 'time') {
        # The clock stood still while the state was stored.
        system "date -s \@$value >/dev/null" if abs($value - time) > 1;
    } elsif ($key eq 'seed') {
        if (open my $f, '>:raw', '/dev/urandom') {
            syswrite $f, pack 'H*', $value;
            ioctl $f, 0x5207, 0;    # RNDRESEEDCRNG
        }
    } elsif ($key eq 'mount') {
        push @mounts, $value;
    } elsif ($key eq 'cwd') {
        $cwd = $value;
    } elsif ($key eq 'user') {
        $user = $value;
    } elsif ($key eq 'env') {
        push @env, $value;
    } elsif ($key eq 'arg') {
        push @argv, $value;
    }
}

sub fail {
    frame('E', "vmtest: @_\n");
    frame('X', pack 'N', 125);
    sleep 3600;
}

for my $mount (@mounts) {
    my ($tag, $dir) = split /=/, $mount, 2;
    system('mkdir', '-p', $dir) == 0 or fail("cannot make $dir");
    system('mount', '-t', '9p', '-o',
        'trans=virtio,version=9p2000.L,msize=524288,cache=loose,access=client',
        $tag, $dir) == 0
        or fail("cannot mount the shared folder on $dir");
}

my ($uid, $home) = (0, '/root');
if (defined $user) {
    ($uid, $home) = (getpwnam $user)[2, 7];
    defined $uid or fail("no user '$user' in the guest");
}
$cwd //= $home;

pipe my $out_r, my $out_w or fail("pipe: $!");
pipe my $err_r, my $err_w or fail("pipe: $!");
my $pid = fork // fail("fork: $!");
if ($pid == 0) {
    setpgrp 0, 0;
    open STDIN, '<', '/dev/null';
    POSIX::dup2(fileno $out_w, 1);
    POSIX::dup2(fileno $err_w, 2);
    close $_ for $out_r, $err_r, $port;
    my %mine = (HOME => $home, PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LANG => 'C.UTF-8', TERM => 'dumb', VMTEST => 1);
    if (defined $user) {
        # A login session of its own, below the user's slice; it sets HOME and
        # XDG_RUNTIME_DIR itself. systemd makes its PAM helper a child of the main
        # process, which would disturb a command that waits for all its children:
        # hence the shell in between.
        my @set = map { "--setenv=$_" } "PATH=$mine{PATH}", 'LANG=C.UTF-8', 'VMTEST=1',
            "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$uid/bus", @env;
        unshift @argv, 'systemd-run', '--quiet', '--collect', '--wait', '--pipe',
            '--service-type=exec', "--property=User=$user", '--property=PAMName=login',
            '--property=LimitNOFILE=524288', '--property=TasksMax=infinity',
            "--working-directory=$cwd", @set, '--', 'sh', '-c', '"$@"; exit $?', 'sh';
        $cwd = '/';
    } else {
        for my $e (@env) {
            my ($k, $v) = split /=/, $e, 2;
            $mine{$k} = $v // '';
        }
    }
    %ENV = %mine;
    if (!chdir $cwd) {
        print STDERR "vmtest: cannot enter $cwd: $!\n";
        POSIX::_exit(125);
    }
    { no warnings 'exec'; exec { $argv[0] } @argv; }
    print STDERR "vmtest: cannot run $argv[0]: $!\n";
    POSIX::_exit($!{ENOENT} ? 127 : 126);
}
close $out_w;
close $err_w;

# Pass the output on until the command has ended and its pipes are drained. A
# process it left behind may keep them open: that does not hold up the end.
my %letter = (fileno $out_r, 'O', fileno $err_r, 'E');
my ($status, %open) = (undef, fileno $out_r, $out_r, fileno $err_r, $err_r);
my $child = POSIX::SigSet->new(POSIX::SIGCHLD);
POSIX::sigaction(POSIX::SIGCHLD, POSIX::SigAction->new(sub { }));
while (1) {
    if (!defined $status && waitpid($pid, POSIX::WNOHANG) == $pid) {
        $status = $?;
    }
    last if defined $status && !%open;
    my $bits = '';
    vec($bits, $_, 1) = 1 for keys %open;
    my $n = select my $ready = $bits, undef, undef, defined $status ? 0 : %open ? 0.25 : 0.02;
    next if $n < 0;
    last if $n == 0 && defined $status;
    for my $fd (keys %open) {
        next if !vec $ready, $fd, 1;
        my $got = sysread $open{$fd}, my $data, 65536;
        next if !defined $got && $!{EINTR};
        if ($got) {
            frame($letter{$fd}, $data);
        } else {
            delete $open{$fd};
        }
    }
}

# The shared folders must be complete on the host when the status arrives.
for my $mount (reverse @mounts) {
    my ($tag, $dir) = split /=/, $mount, 2;
    system "umount '$dir' 2>/dev/null || { sync -f '$dir'; umount -l '$dir'; }" if $dir !~ /'/;
}
my $code = $status & 127 ? 128 + ($status & 127) : $status >> 8;
frame('X', pack 'N', $code);
sleep 3600;
