#!/bin/sh
# Two hosts, each a network namespace of this machine with its own address and host name: a training step over both, and
# a lost network. Needs root; status 77 if namespaces are not possible. usage: two_hosts.sh MPIRUN TEST_MPI PRETRAIN
# IMAGES
set -u
mpirun=$1 test_mpi=$2 pretrain=$3 images=$4
work=$(mktemp -d)
a=siam-a$$ b=siam-b$$

clean_up() {
  for host in "$a" "$b"; do
    ip netns pids "$host" 2>/dev/null | xargs -r kill -9
    ip netns del "$host" 2>/dev/null
  done
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  echo "failed: $*"
  exit 1
}

ip netns add "$a" 2>/dev/null && ip netns add "$b" && ip netns exec "$b" unshare --uts true || {
  echo "skipped: no network namespaces"
  exit 77
}
ip link add link-a$$ netns "$a" type veth peer name link-b$$ netns "$b" || exit 77
ip -n "$a" addr add 10.77.0.1/24 dev link-a$$
ip -n "$b" addr add 10.77.0.2/24 dev link-b$$
for host in a b; do
  ip -n siam-$host$$ link set lo up
  ip -n siam-$host$$ link set link-$host$$ up
done

# Used instead of ssh.
cat >"$work/agent" <<END
#!/bin/sh
shift  # the host's name
exec ip netns exec $b unshare --uts sh -c "hostname siam-b; \$*"
END
chmod +x "$work/agent"
on_both() {
  ip netns exec "$a" unshare --uts sh -c 'hostname siam-a; exec "$@"' sh "$mpirun" --allow-run-as-root \
    --host 10.77.0.1,10.77.0.2 --map-by ppr:1:node --bind-to none --mca plm_rsh_agent "$work/agent" \
    --mca oob_tcp_keepalive_time 5 --mca oob_tcp_keepalive_intvl 5 --mca oob_tcp_keepalive_probes 3 "$@"
}

[ "$(on_both hostname | sort | tr '\n' ' ')" = "siam-a siam-b " ] || fail "two hosts"
on_both "$test_mpi" -tc='ranks: ten steps in f64*,ranks: gather*' >"$work/steps" 2>&1 ||
  { cat "$work/steps"; fail "a step over two hosts"; }

train() {
  "$@" "$pretrain" --preset quick --data "$images" --width 8 --dim 32 --image-size 8 --batch-size 64 --train-samples 640 \
    --test-samples 100 --epochs 100000 --out "$work/out" >"$work/log" 2>&1
}
train on_both &
run=$!
for _ in $(seq 240); do
  grep -q 'epoch 2/' "$work/log" && break
  kill -0 $run 2>/dev/null || break
  sleep 0.5
done
grep -q 'epoch 2/' "$work/log" || { cat "$work/log"; fail "training over two hosts"; }
ip -n "$a" link set link-a$$ down
lost=$(date +%s)
wait $run
status=$?
cat "$work/log"
[ $(($(date +%s) - lost)) -lt 30 ] || fail "the run ended $(($(date +%s) - lost)) s after its network"
[ $status -ne 0 ] || fail "a run whose network was lost had status 0"
grep -q 'Remote daemon.*10.77.0.2' "$work/log" || fail "the lost host is not named"
sleep 5
[ -z "$(ip netns pids "$b")" ] || fail "processes are left on the other host"

# The checkpoint is intact.
train timeout --signal=INT 8
grep 'continues after step' "$work/log" || { cat "$work/log"; fail "the checkpoint"; }
