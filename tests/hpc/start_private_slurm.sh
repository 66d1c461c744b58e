#!/usr/bin/env bash
# A Slurm of our own for tests: four nodes that are all this machine, everything on the loopback, nothing under /etc.
#
#   start_private_slurm.sh start DIR     starts it with its state in DIR; the last line on stdout is the SLURM_CONF to use
#   start_private_slurm.sh stop DIR      stops the daemons that it started, and no others
#
# Needs root and the Debian packages slurmctld slurmd slurm-client munge (and slurmdbd mariadb-server with ACCOUNTING=1).
# NODES, CPUS (per node, not real ones), PORT (the first of some twenty) and ACCOUNTING may be set.
set -euo pipefail

action=$1
dir=$2
nodes=${NODES:-4}
cpus=${CPUS:-8}
port=${PORT:-26817}
accounting=${ACCOUNTING:-0}
seconds=60
host=$(hostname -s)
export SLURM_CONF=$dir/slurm.conf

complain() {
    echo "private slurm: $*" >&2
    tail -n 8 "$dir"/log/* >&2 2>/dev/null || true
    exit 1
}

# A process that waits to be reaped is dead, whatever kill -0 says.
lives() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    [[ ${stat##*) } != Z* ]]
}

await() {
    local what=$1 end=$((SECONDS + seconds))
    shift
    until "$@" > /dev/null 2>&1; do
        ((SECONDS < end)) || complain "$what did not come up within $seconds s"
        sleep 0.1
    done
}

# Daemons stay in the foreground as children of nobody: the process id that we keep is their own.
launch() {
    local name=$1
    shift
    setsid "$@" < /dev/null >> "$dir/log/$name" 2>&1 &
    echo "$!" >> "$dir/pids"
}

write_configuration() {
    cat > "$SLURM_CONF" << CONF
ClusterName=yicetest
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/state/slurmctld.pid
SlurmdPidFile=$dir/state/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
DefMemPerCPU=100
MaxArraySize=1001
MinJobAge=60
ReturnToService=2
JobRequeue=1
SlurmctldTimeout=10
SlurmdTimeout=5
KillWait=3
MpiDefault=none
SwitchType=switch/none
CONF
    if [ "$accounting" = 1 ]; then
        cat >> "$SLURM_CONF" << CONF
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 1))
AccountingStoragePass=$dir/munge/socket
CONF
    else
        echo "AccountingStorageType=accounting_storage/none" >> "$SLURM_CONF"
    fi
    for number in $(seq "$nodes"); do
        echo "NodeName=n$number NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 3 + number)) CPUs=$cpus Boards=1" \
            "SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=8000 State=UNKNOWN"
    done >> "$SLURM_CONF"
    {
        echo "PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=2:00:00 DefaultTime=10 State=UP"
        echo "PartitionName=closed Nodes=n1 MaxTime=5 State=UP AllowGroups=nobody-at-all"
    } >> "$SLURM_CONF"
    printf 'CgroupAutomount=no\nCgroupPlugin=autodetect\n' > "$dir/cgroup.conf"
}

start_munge() {
    (umask 077 && head -c 128 /dev/urandom > "$dir/munge/key")
    launch munged munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" \
        --pid-file="$dir/munge/pid" --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed"
    await munged munge -n -S "$dir/munge/socket"
}

start_accounting() {
    local sql=(mariadb --no-defaults -S "$dir/state/sql" -uroot)
    mariadb-install-db --no-defaults --user=root --datadir="$dir/sql" --auth-root-authentication-method=socket \
        --skip-test-db > "$dir/log/mariadb-install" 2>&1 || complain "mariadb-install-db"
    launch mariadbd mariadbd --no-defaults --user=root --datadir="$dir/sql" --socket="$dir/state/sql" \
        --bind-address=127.0.0.1 --port=$((port + 2)) --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 \
        --innodb-flush-log-at-trx-commit=0
    await mariadb "${sql[@]}" -e "select 1"
    "${sql[@]}" -e "create database accounts; create user 'slurm'@'127.0.0.1' identified by 'test';
        create user 'slurm'@'localhost' identified by 'test';
        grant all on accounts.* to 'slurm'@'127.0.0.1'; grant all on accounts.* to 'slurm'@'localhost';"
    (umask 077 && cat > "$dir/slurmdbd.conf" << CONF
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 1))
CommunicationParameters=NoInAddrAny
SlurmUser=root
LogFile=$dir/log/slurmdbd.log
PidFile=$dir/state/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 2))
StorageUser=slurm
StoragePass=test
StorageLoc=accounts
CONF
    )
    launch slurmdbd slurmdbd -D
    await slurmdbd sacctmgr -n -i list cluster
    sacctmgr -i -Q add cluster yicetest > /dev/null
}

ready() {
    [ "$(timeout 5 sinfo -h -N -p main -t idle -o %N | sort -u | wc -l)" -eq "$nodes" ]
}

start() {
    [ "$(id -u)" = 0 ] || complain "must be root"
    [ ! -e "$dir/pids" ] || complain "$dir is in use"
    mkdir -p "$dir"/{log,state,munge,sql,spool}
    chmod 700 "$dir/munge"
    for number in $(seq "$nodes"); do mkdir -p "$dir/spool/n$number"; done
    write_configuration
    start_munge
    [ "$accounting" = 0 ] || start_accounting
    launch slurmctld slurmctld -D -i
    await slurmctld sh -c 'scontrol ping | grep -q UP'
    for number in $(seq "$nodes"); do launch "slurmd-n$number" slurmd -D -N "n$number"; done
    await "the nodes" ready
    echo "$SLURM_CONF"
}

# Only the ids that launch wrote down, the last first: nodes before the controller, the database before munge.
stop() {
    [ -e "$dir/pids" ] || exit 0
    tac "$dir/pids" | while read -r pid; do
        grep -qaF -e slurm -e munge -e maria "/proc/$pid/cmdline" 2> /dev/null || continue
        kill "$pid" 2> /dev/null || true
        for _ in $(seq 100); do
            lives "$pid" || break
            sleep 0.05
        done
        ! lives "$pid" || kill -9 "$pid"
    done
    rm -f "$dir/pids"
}

case $action in
    start) start ;;
    stop) stop ;;
    *) complain "start or stop, not $action" ;;
esac
