#!/bin/sh
# Makes the folder of secrets that compose.yaml mounts; what is there is kept. Nothing of it belongs in a repository.
#   deploy/compose/make-secrets.sh
# Put your token issuer's public key (Ed25519, PEM) there yourself, as issuer.pem.
set -eu
umask 077
folder=$(dirname "$0")/secrets
mkdir -p "$folder"
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$folder/$1" ] || printf '%s' "$2" > "$folder/$1"; }
keep mongo-admin.password "$(random 24)"
keep mongo-key "$(random 378)"
keep grafana-admin.password "$(random 12)"
for service in intake verification scoring publishing; do
  keep "mongo-$service.password" "$(random 24)"
  keep "$service.password" "$(random 24)"
  mkdir -p "$folder/$service"
  cp "$folder/$service.password" "$folder/$service/xephang_kafka_password"
  printf 'mongodb://%s:%s@mongo:27017/?authSource=xephang_%s&replicaSet=rs0&w=majority&journal=true' \
    "$service" "$(cat "$folder/mongo-$service.password")" "$service" > "$folder/$service/xephang_store"
done
for user in platform rules-office so-noi-vu monitor; do keep "$user.password" "$(random 24)"; done
# Containers run as user 10001; who else is on this machine cannot look into the folder.
chmod -R a+rX "$folder"/intake "$folder"/verification "$folder"/scoring "$folder"/publishing "$folder"/grafana-admin.password
chmod 0700 "$folder"
[ -s "$folder/issuer.pem" ] || echo "still missing: $folder/issuer.pem, your token issuer's public key" >&2
