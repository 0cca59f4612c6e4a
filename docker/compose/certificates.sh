#!/usr/bin/env bash
# Makes an authority and a server certificate for a trial on this machine, in docker/compose/tls (or $1).
set -euo pipefail
folder="${1:-$(dirname "$0")/tls}"
mkdir -p "$folder"
cd "$folder"
names="subjectAltName=DNS:localhost,DNS:proxy,IP:127.0.0.1"
openssl req -x509 -newkey rsa:3072 -nodes -days 90 -subj "/CN=Cuecard trial authority" \
  -keyout ca.key -out ca.pem -addext "basicConstraints=critical,CA:TRUE" 2>/dev/null
openssl req -newkey rsa:3072 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr 2>/dev/null
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -out server.pem \
  -extfile <(echo "$names") 2>/dev/null
rm -f server.csr ca.srl
chmod 600 ca.key
chmod 644 server.key  # nginx in its container reads it as another user; for a trial only
