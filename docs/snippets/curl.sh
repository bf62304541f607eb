#!/bin/sh
# curl: a query, a mutation that may be sent twice, and an answer that is kept and asked for again.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# bilten FILE ARGUMENT… – BILTEN_URL ends in /graphql. After 429 and 503 curl waits as long as Retry-After says, and
# what it gets before that would stand in the output too: hence the file.
bilten() {
  answer=$1
  shift
  curl --silent --show-error --compressed --retry 3 --output "$answer" \
    --header "authorization: Bearer $BILTEN_TOKEN" --header 'content-type: application/json' "$@"
}

# A query. Values go into variables, never into the text: the server prepares each text once and keeps it.
bilten "$folder/agenda" "$BILTEN_URL" --data '{
  "query": "query Agenda($count: Int!) { events(first: $count) { totalCount edges { node { id title } } } }",
  "variables": {"count": 3}
}'
cat "$folder/agenda"
grep -q '"totalCount":' "$folder/agenda"

# A mutation. One key for one intention: sending it again is harmless.
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
like='mutation Like($input: UpdatePreferencesInput!) {
  updatePreferences(input: $input) { user { version } problems { code message path } }
}'
for attempt in first second; do
  printf '{"query": "%s", "variables": {"input": {"favouriteCategories": ["meetup"], "idempotencyKey": "%s"}}}' \
    "$(echo "$like" | tr '\n' ' ')" "$key" | bilten "$folder/$attempt" "$BILTEN_URL" --data @-
done
cat "$folder/second"
grep -q '"problems":\[\]' "$folder/second"
cmp "$folder/first" "$folder/second"

# A query with GET. Whoever has the answer already is told so, with 304 and no body.
ask() {
  bilten "$folder/count" "$BILTEN_URL" --get --data-urlencode 'variables={"online": true}' \
    --data-urlencode 'query=query Count($online: Boolean) { events(filter: { online: $online }) { totalCount } }' "$@"
}
ask --etag-save "$folder/etag"
status=$(ask --etag-compare "$folder/etag" --write-out '%{http_code}')
test "$status" = 304
