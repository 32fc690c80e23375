#!/bin/sh
# install.sh BINARY DESTDIR PREFIX -- binary, sample configuration, systemd units, documentation.
# An existing /etc/quern/quern.conf stays; the new sample is put beside it.
set -eu
binary=$1 destdir=$2 prefix=$3
units=$destdir$prefix/lib/systemd/system
docs=$destdir$prefix/share/doc/quern

install -d "$destdir$prefix/bin" "$units" "$docs" "$destdir/etc/quern"
# By rename: the running binary stays whole for those who run it, and USR2 finds the new one.
install -m 0755 "$binary" "$destdir$prefix/bin/.quern.new"
mv -f "$destdir$prefix/bin/.quern.new" "$destdir$prefix/bin/quern"
for unit in quern.service quern.socket; do
    sed "s|@PREFIX@|$prefix|g" "etc/$unit" >"$units/$unit"
    chmod 0644 "$units/$unit"
done
if [ -e "$destdir/etc/quern/quern.conf" ]; then
    install -m 0644 etc/quern.conf "$destdir/etc/quern/quern.conf.sample"
else
    install -m 0644 etc/quern.conf "$destdir/etc/quern/quern.conf"
fi
install -m 0644 README.md LICENSE docs/*.md "$docs/"
[ -n "$destdir" ] || cat <<END
Installed $prefix/bin/quern. Under systemd:
  systemctl daemon-reload && systemctl enable --now quern
  cat /var/lib/quern/bootstrap.json     # DSN, login and token of the first start
END
