#!/usr/bin/env bash
# Runs the Dockerfile and docker-compose.yml without Docker and without a registry: podman and runc, on base images made of Debian packages
# and of the .NET of this machine. They stand in for the images that the Dockerfile and docker-compose.yml name.
#
#   engine.sh FOLDER images    makes the base images that are missing: some minutes, once
#   engine.sh FOLDER start     starts podman's Docker API, and the health checks, which podman leaves to systemd
#   engine.sh FOLDER stop      stops both
#   . FOLDER/env               for docker-compose and podman
#
# FOLDER keeps the images: about 5 GB. It needs root, and the packages that ./dev test containers installs.
set -euo pipefail

folder=${1:?FOLDER is missing} command=${2:?images, start or stop}
mkdir -p "$folder"
cd "$folder"
folder=$PWD
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
postgres_version=15

configure() {
    cat >containers.conf <<END
[containers]
# Not above the limits of this shell, which may lack CAP_SYS_RESOURCE. Soft = hard, because podman 4.3 swaps the two in its Docker API.
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=32768:32768"]
[engine]
# crun needs one version of cgroups.
runtime = "runc"
# There may be no systemd.
cgroup_manager = "cgroupfs"
[network]
# With aardvark-dns, which knows the names of the services.
network_backend = "netavark"
network_config_dir = "$folder/networks"
END
    cat >storage.conf <<END
[storage]
driver = "overlay"
graphroot = "$folder/store"
runroot = "$folder/run"
END
    # Builds in a chroot use the network of the host. Only the docker format has HEALTHCHECK.
    cat >env <<END
export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf DOCKER_HOST=unix://$folder/podman.sock
export BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker DISABLE_HC_SYSTEMD=true
END
    # shellcheck source=/dev/null
    . ./env
}

# The files that all images begin with: a Debian with what .NET needs and nothing else.
make_base() {
    [[ ! -d base ]] || return 0
    local mirror
    mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
    rm -rf base.new
    debootstrap --variant=minbase --include=ca-certificates,tzdata,libicu72,libssl3,libstdc++6,openssl bookworm base.new "$mirror" >debootstrap.log
    chroot base.new sh -c 'groupadd --gid=1654 app && useradd --no-log-init --uid=1654 --gid=1654 --create-home app'
    rm -rf base.new/var/cache/apt/archives/*.deb base.new/var/lib/apt/lists/*
    mv base.new base
}

# make_dotnet IMAGE:TAG PART...: an image with parts of the .NET of this machine; a chiselled one has no programs.
make_dotnet() {
    local image=mcr.microsoft.com/dotnet/$1 changes=()
    ! podman image exists "$image" || return 0
    local root=$folder/root host
    host=$(dirname "$(readlink -f "$(command -v dotnet)")")
    rm -rf "$root"
    cp -a base "$root"
    if [[ $1 == *chiselled* ]]; then
        rm -rf "$root"/usr/{,local/}{bin,sbin,games}/* "$root"/usr/lib/{apt,dpkg,init,systemd} "$root"/usr/{,local/}share/{bash-completion,doc,man,perl*} \
            "$root"/etc/{apt,dpkg,cron*,init.d,rc*.d,skel,systemd} "$root"/var/{cache,lib,log,backups}/* "$root"/usr/lib/*/perl*
    fi
    mkdir -p "$root/usr/share/dotnet"
    (cd "$host" && cp -a "${@:2}" "$root/usr/share/dotnet/")
    ln -s ../share/dotnet/dotnet "$root/usr/bin/dotnet"
    if [[ $1 == sdk:* ]]; then
        # For NuGet the build trusts what the host trusts.
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    else
        changes+=(-c 'ENV ASPNETCORE_HTTP_PORTS=8080')
    fi
    tar -C "$root" -c . | podman import -q "${changes[@]}" -c "ENV PATH=$path" -c 'ENV APP_UID=1654' \
        -c 'ENV DOTNET_RUNNING_IN_CONTAINER=true' -c 'ENV NUGET_CERT_REVOCATION_MODE=offline' - "$image"
    rm -rf "$root"
}

# Node.js and npm of this machine, as nodejs.org and NodeSource pack them: Debian's need hundreds of other packages.
make_node() {
    local image=docker.io/library/node:22-slim root=$folder/root npm
    ! podman image exists "$image" || return 0
    npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
    rm -rf "$root"
    cp -a base "$root"
    mkdir -p "$root/usr/lib/node_modules"
    cp -L "$(command -v node)" "$root/usr/bin/node"
    cp -a "$npm" "$root/usr/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
    # For npm the build trusts what the host trusts.
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    tar -C "$root" -c . | podman import -q -c "ENV PATH=$path" -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
        -c 'CMD ["/bin/bash"]' - "$image"
    rm -rf "$root"
}

# One root folder for the three servers, and an image for each with an entry point like that of the official one, as far as compose uses it.
make_servers() {
    ! podman image exists docker.io/library/nats:2.11-alpine || return 0
    local root=$folder/servers
    rm -rf "$root"
    cp -a base "$root"
    cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
    cp /etc/resolv.conf "$root/etc/"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    chroot "$root" sh -ec "
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            postgresql-$postgres_version redis-server nats-server wget gosu
        apt-get clean
        rm -rf /var/lib/apt/lists/* /var/lib/postgresql/$postgres_version /etc/postgresql/$postgres_version
        install -d -o postgres -g postgres -m 3777 /var/run/postgresql
        install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data
        install -d -o redis -g redis /data" >servers.log 2>&1
    sed -ri "s!^#?(listen_addresses) *=.*!\1 = '*'!" "$root/usr/share/postgresql/$postgres_version/postgresql.conf.sample"
    cat >"$root/usr/local/bin/postgres-entrypoint.sh" <<'END'
#!/bin/bash
set -e
if [ "$(id -u)" = 0 ]; then
    POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    export POSTGRES_PASSWORD
    unset POSTGRES_PASSWORD_FILE
    chmod 700 "$PGDATA"
    chown postgres "$PGDATA"
    exec gosu postgres "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086 # These are several words.
    initdb --username=postgres --pwfile=<(echo "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
fi
exec "$@"
END
    cat >"$root/usr/local/bin/redis-entrypoint.sh" <<'END'
#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis {} +
    exec gosu redis "$0" "$@"
fi
exec "$@" --protected-mode no
END
    printf '#!/bin/sh\nexec nats-server "$@"\n' >"$root/usr/local/bin/nats-entrypoint.sh"
    chmod +x "$root"/usr/local/bin/*.sh
    tar -C "$root" -c . |
        podman import -q -c "ENV PATH=$path:/usr/lib/postgresql/$postgres_version/bin" - localhost/portico-servers
    rm -rf "$root"
    podman build -q -t docker.io/library/postgres:17 - <<'END'
FROM localhost/portico-servers
# Another locale than that of compose, as in the official image.
ENV LANG=C PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-entrypoint.sh"]
CMD ["postgres"]
END
    podman build -q -t docker.io/library/redis:7 - <<'END'
FROM localhost/portico-servers
VOLUME /data
WORKDIR /data
ENTRYPOINT ["redis-entrypoint.sh"]
CMD ["redis-server"]
END
    podman build -q -t docker.io/library/nats:2.11-alpine - <<'END'
FROM localhost/portico-servers
ENTRYPOINT ["nats-entrypoint.sh"]
END
}

start() {
    nohup podman system service -t 0 "unix://$folder/podman.sock" >service.log 2>&1 </dev/null &
    echo $! >service.pid
    until [[ -S podman.sock ]]; do
        kill -0 "$(cat service.pid)"
        sleep 0.2
    done
    nohup bash -c 'while sleep 2; do for c in $(podman ps -q); do timeout 5 podman healthcheck run "$c"; done; done' \
        >health.log 2>&1 </dev/null &
    echo $! >health.pid
}

stop() {
    local file
    for file in health.pid service.pid; do
        [[ ! -e $file ]] || kill "$(cat "$file")" 2>/dev/null || true
        rm -f "$file"
    done
    rm -f podman.sock
}

configure
case $command in
    images)
        make_base
        make_dotnet aspnet:10.0-noble-chiselled-extra dotnet host shared
        make_dotnet sdk:10.0 dotnet host shared sdk packs sdk-manifests templates
        make_node
        make_servers
        ;;
    start) start ;;
    stop) stop ;;
    *) echo "engine.sh FOLDER images|start|stop" >&2 && exit 2 ;;
esac
