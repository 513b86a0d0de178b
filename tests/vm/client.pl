#!/usr/bin/perl
# The host's end of vmtest: starts QEMU, talks to the agent in the guest (frames:
# see agent.pl) and to QEMU's monitor. Uses nothing outside Debian's perl-base.
#
#   client.pl run  [OPTION VALUE]... --argc N -- COMMAND... QEMU...
#   client.pl save [OPTION VALUE]... --state FILE -- QEMU...
#
# In QEMU's words @AGENT@, @MONITOR@ and @CONSOLE@ stand for the two sockets and
# the console's log.
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes ();

my $mode = shift;
my (%opt, @mounts, @envs);
while (@ARGV && (my $key = shift) ne '--') {
    my $value = shift;
    if    ($key eq '--mount') { push @mounts, $value }
    elsif ($key eq '--env')   { push @envs,   $value }
    else                      { $opt{ substr $key, 2 } = $value }
}
my @argv = $mode eq 'run' ? splice @ARGV, 0, $opt{argc} : ();

my $start = Time::HiRes::time();
my ($pid, $dir, $console_pid);

sub note { printf STDERR "vmtest: [%5.1fs] %s\n", Time::HiRes::time() - $start, "@_" if $opt{verbose} }

sub finish {
    my ($code) = @_;
    if ($pid) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
        undef $pid;
    }
    if ($dir) {
        unlink glob "$dir/*";
        rmdir $dir;
        undef $dir;
    }
    POSIX::_exit($code);
}

sub fail {
    my ($code, $text) = @_;
    print STDERR "vmtest: $text\n";
    for my $name ('qemu', 'console') {
        open my $f, '<', "$dir/$name" or next;
        my @lines = <$f>;
        @lines = @lines[-15 .. -1] if @lines > 15;
        print STDERR map { s/[^\t\n\x20-\x7e]//gr } map { "vmtest: $name: $_" } @lines;
    }
    finish($code);
}
$SIG{$_} = sub { finish(128 + { INT => 2, TERM => 15, HUP => 1 }->{ $_[0] }) } for qw(INT TERM HUP);
$SIG{ALRM} = sub { fail(124, "time limit of $opt{timeout} s reached") };
$SIG{PIPE} = 'IGNORE';
alarm $opt{timeout};

my $tmp = $ENV{TMPDIR} // '/tmp';
for (1 .. 100) {
    my $try = sprintf '%s/vmtest.%d.%06d', $tmp, $$, int rand 1e6;
    if (mkdir $try, 0700) { $dir = $try; last }
}
$dir or do { print STDERR "vmtest: cannot make a folder in $tmp: $!\n"; exit 125 };

sub listen_on {
    my ($path) = @_;
    return IO::Socket::UNIX->new(Local => $path, Listen => 1) // fail(125, "$path: $!");
}
my $agent_l   = listen_on("$dir/agent");
my $monitor_l = listen_on("$dir/monitor");
for (@ARGV) {
    s/\@AGENT\@/$dir\/agent/;
    s/\@MONITOR\@/$dir\/monitor/;
    s/\@CONSOLE\@/$dir\/console/;
}
$pid = fork // fail(125, "fork: $!");
if ($pid == 0) {
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>',  "$dir/qemu";
    open STDERR, '>&', \*STDOUT;
    setpgrp 0, 0;    # an interrupt at the terminal is ours to deal with
    syscall 157, 1, 9 if (POSIX::uname())[4] eq 'x86_64';    # PR_SET_PDEATHSIG: do not outlive us
    { no warnings 'exec'; exec @ARGV; }
    POSIX::_exit(127);
}
# QEMU's end, early or not, shows as the end of its sockets; before it has
# connected them, only as the end of the process.
sub accept_from {
    my ($listener) = @_;
    while (1) {
        my $bits = '';
        vec($bits, fileno $listener, 1) = 1;
        my $n = select $bits, undef, undef, 0.2;
        return scalar $listener->accept if $n > 0;
        if (waitpid($pid, POSIX::WNOHANG) == $pid) {
            undef $pid;
            fail(125, 'QEMU did not start');
        }
    }
}
my $agent   = accept_from($agent_l);
my $monitor = accept_from($monitor_l);

my $in = '';

sub receive {
    my ($want) = @_;
    while (length $in < $want) {
        my $n = sysread $agent, $in, 262144, length $in;
        next if !defined $n && $!{EINTR};
        fail(125, 'the guest went away') if !$n;
    }
    return substr $in, 0, $want, '';
}

sub get_frame {
    my ($type, $len) = unpack 'a N', receive(5);
    return ($type, receive($len));
}

sub write_all {
    my ($fd, $data) = @_;
    while (length $data) {
        my $n = syswrite $fd, $data;
        next if !defined $n && $!{EINTR};
        if (!defined $n && $!{EAGAIN}) { select undef, undef, undef, 0.01; next }
        return if !defined $n && $fd == $agent;    # shows at the next receive
        finish(141) if !defined $n;                # nobody reads our output any more
        substr $data, 0, $n, '';
    }
}

# One command at QEMU's monitor; returns what it printed.
sub monitor {
    my ($line) = @_;
    my $text = '';
    write_all($monitor, "$line\n") if defined $line;
    while ($text !~ /\(qemu\) $/) {
        my $n = sysread $monitor, $text, 65536, length $text;
        next if !defined $n && $!{EINTR};
        fail(125, 'QEMU went away') if !$n;
    }
    return $text;
}

if (!$opt{restored}) {
    my ($type) = get_frame();
    fail(125, "the guest sent '$type' in place of its greeting") if $type ne 'H';
    note('the guest is up');
}

if ($mode eq 'save') {
    (my $file = $opt{state}) =~ s/'/'\\''/g;
    monitor();
    # Not stopped first: a state saved from a running machine runs on when loaded.
    monitor('migrate_set_parameter max-bandwidth 100G');
    monitor("migrate \"exec:cat >'$file'\"");
    my $info = monitor('info migrate');
    fail(125, "the state could not be saved: $info") if $info !~ /Migration status: completed/;
    note(sprintf 'state saved, %d MiB', (-s $opt{state}) >> 20);
    finish(0);
}

open my $random, '<:raw', '/dev/urandom' or fail(125, "/dev/urandom: $!");
sysread $random, my $seed, 32;
my @request = (seed => unpack('H*', $seed), time => sprintf('%.3f', Time::HiRes::time()));
push @request, mount => $_ for @mounts;
push @request, cwd  => $opt{cwd}  if defined $opt{cwd};
push @request, user => $opt{user} if defined $opt{user};
push @request, env => $_ for @envs;
push @request, arg => $_ for @argv;
my $payload = join "\0", @request;
write_all($agent, 'R' . pack('N', length $payload) . $payload);

while (1) {
    my ($type, $data) = get_frame();
    if ($type eq 'O') { write_all(\*STDOUT, $data) }
    elsif ($type eq 'E') { write_all(\*STDERR, $data) }
    elsif ($type eq 'X') {
        my $code = unpack 'N', $data;
        note("the command ended with status $code");
        finish($code);
    }
}
