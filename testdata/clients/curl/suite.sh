#!/usr/bin/env bash
# curl, for what is below the client libraries: frames, statuses, bodies of every kind.
set -uo pipefail

: "${INNKEEPER_URL:?.ci/clients starts the server and sets it}" "${INNKEEPER_KEY:?}"
client="curl $(curl --version | sed -n '1s/^curl \([^ ]*\).*/\1/p')"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# bare PATH ARGUMENTS... calls without the key, api with it; the body comes on standard output.
bare() {
  local path=$1
  shift
  curl --silent --show-error --max-time 30 --noproxy '*' "$INNKEEPER_URL$path" "$@"
}

api() { bare "$@" -H "Authorization: Bearer $INNKEEPER_KEY"; }

json=(-H 'Content-Type: application/json')

# status CALL PATH ARGUMENTS... is the status alone; CALL is api or bare.
status() { "$@" -o /dev/null -w '%{http_code}'; }

# feature TITLE FUNCTION tries one feature. The function's last line of output says why it failed.
feature() {
  local outcome=works reason
  if ! reason=$("$2" 2>&1); then
    outcome=fails failed=1
  fi
  echo "$outcome: $client: $1${reason:+: $reason}"
  [ -z "${INNKEEPER_MATRIX:-}" ] || printf '%s\t%s\t%s\n' "$client" "$1" "$outcome" >>"$INNKEEPER_MATRIX"
}

# equal GOT WANT
equal() { [ "$1" = "$2" ] || { echo "got $1, want $2"; return 1; }; }

chat_stream() {
  api /v1/chat/completions "${json[@]}" -N -D "$work/head" -o "$work/body" \
    -d '{"stream": true, "messages": [{"role": "user", "content": "one two three"}]}' || return 1
  grep -qi '^content-type: text/event-stream' "$work/head" || { echo "no event stream"; return 1; }
  equal "$(grep -c '^data: ' "$work/body")" 6 || return 1 # the role, three words, the finish, [DONE]
  equal "$(grep -vc -e '^data: ' -e '^$' "$work/body")" 0 || return 1
  equal "$(grep '^data: ' "$work/body" | tail -1)" 'data: [DONE]'
}

responses_stream() {
  api /v1/responses "${json[@]}" -N -o "$work/body" -d '{"stream": true, "input": "one two three"}' || return 1
  local events types
  events=$(sed -n 's/^event: //p' "$work/body")
  types=$(sed -n 's/^data: .*"type":"\(response\.[a-z_.]*\)","sequence_number.*/\1/p;s/^data: {"type":"\(response\.[a-z_.]*\)".*/\1/p' "$work/body" | uniq)
  equal "$(echo "$events" | head -1)" response.created || return 1
  equal "$(echo "$events" | tail -1)" response.completed || return 1
  equal "$(echo "$events" | uniq)" "$types"
}

errors() {
  equal "$(status bare /no/such/path)" 404 || return 1
  equal "$(status bare /v1/models)" 401 || return 1
  equal "$(status api /v1/chat/completions -X PUT)" 405 || return 1
  equal "$(status api /v1/chat/completions "${json[@]}" -d '{"messages": [')" 400 || return 1
  equal "$(api /v1/chat/completions "${json[@]}" -d '[]' | grep -c '"error":{"message":".*","type":"invalid_request_error","param":.*,"code":')" 1
}

# big FILE BYTES writes a request whose body is at least that large, and whose answer is short.
big() {
  { printf '{"max_output_tokens": 1, "input": "'; head -c "$2" /dev/zero | tr '\0' 'a'; printf '"}'; } >"$1"
}

large_bodies() {
  big "$work/big" 1000000
  equal "$(status api /v1/responses "${json[@]}" --data-binary "@$work/big")" 200 || return 1
  equal "$(status api /v1/responses "${json[@]}" -H 'Transfer-Encoding: chunked' --data-binary "@$work/big")" 200 || return 1
  equal "$(status api /v1/responses "${json[@]}" -H 'Expect: 100-continue' --data-binary "@$work/big")" 200 || return 1
  big "$work/big" 10000000
  equal "$(status api /v1/responses "${json[@]}" --data-binary "@$work/big")" 413 || return 1
  equal "$(status api /v1/responses "${json[@]}" -H 'Transfer-Encoding: chunked' --data-binary "@$work/big")" 413
}

old_http() {
  equal "$(status api /v1/responses --http1.0 "${json[@]}" -d '{"input": "hi"}')" 200 || return 1
  api /v1/responses --http1.0 "${json[@]}" -N -o "$work/body" -d '{"input": "hi", "stream": true}' || return 1
  grep -q '^event: response.completed' "$work/body"
}

preflight() {
  equal "$(status bare /v1/models -X OPTIONS -H 'Origin: http://unlisted.example' -H 'Access-Control-Request-Method: GET')" 403
}

feature 'chat: stream' chat_stream
feature 'responses: stream' responses_stream
feature 'errors' errors
feature 'large bodies: sized, chunked, 100-continue, 413' large_bodies
feature 'HTTP/1.0' old_http
feature 'page: other origins are refused' preflight
exit $failed
