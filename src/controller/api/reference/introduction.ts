export interface Section {
  id: string
  title: string
  /** Paragraphs; `code` stands between backticks. */
  text: readonly string[]
  /** Command lines. */
  example?: string
}

/** The beginning of each example. */
export const CURL = 'curl --cacert ca.crt -H "Authorization: Bearer $CANTRIP_TOKEN"'

/** How to call the API: what is the same for all routes. */
export const INTRODUCTION: readonly Section[] = [
  {
    id: 'authentication',
    title: 'Authentication',
    text: [
      'JSON over HTTPS (TLS 1.3). A program sends an API token, a browser has a session, and an administrator can use a client certificate. Machines of clusters authenticate with the certificate that the controller issued to them.',
      'The examples use a token: `CANTRIP_URL` is the address of the controller, `CANTRIP_TOKEN` the token, and `ca.crt` the CA of the controller (`ca` in admin.json).',
    ],
    example: `${CURL} "$CANTRIP_URL/v1/clusters"`,
  },
  {
    id: 'errors',
    title: 'Errors',
    text: [
      'An answer with a status of 400 or above is `application/problem+json` (RFC 9457): `detail` says what was found and what is needed, `code` is a name that does not change, `fix` says what to do, and `remedy` is the fix as data, with the actions among its texts.',
      'A client with the certificate of a machine gets `application/json` with `code`, `message` and `fix`, which agents of earlier builds expect, unless it accepts `application/problem+json`.',
    ],
  },
  {
    id: 'lists',
    title: 'Lists',
    text: [
      'Lists of clusters and nodes come in pages: `items`, and `next`, which is the `after` of the next page, or null at the end. A page has at most `limit` items (500 by default) and about 1 MiB. Items that come and go between two pages are neither repeated nor left out.',
      '`sort` is a field, with `-` for the highest first; `fields` chooses the fields of each item; the other parameters are filters. Events are listed by their numbers: `last` is the `after` of the next request.',
    ],
    example: `${CURL} "$CANTRIP_URL/v1/nodes?state=DISCOVERED&sort=-age&fields=id,name,address&limit=50"`,
  },
  {
    id: 'events',
    title: 'Events as they happen',
    text: [
      '`GET /v1/events` with `Accept: text/event-stream` is a stream of server-sent events: each message has the number of an event as its `id` and the event as JSON. The parameters `cluster`, `node` and `run` choose events; without `after`, the stream begins with the next one. `GET /v1/audit` streams the entries of the audit log in the same way, chosen by its parameters.',
      'A client that was cut off sends the last `id` as `Last-Event-ID` (a browser does so by itself), and misses none. At least every 15 seconds without an event there is a comment. A client that does not read is cut off when 1 MiB waits for it.',
      'With `changes=1`, the stream of `GET /v1/events` also has messages of the type `changed`, without an `id`, when people have changed something: a cluster that was created, or settings. Read again what you show.',
    ],
    example: `${CURL} -N -H 'Accept: text/event-stream' "$CANTRIP_URL/v1/events?cluster=factory"`,
  },
  {
    id: 'revisions',
    title: 'Revisions',
    text: [
      'A cluster and a node have a `revision`, which changes with what people set and with the state, not with what nodes report. Their `ETag` is the revision and a digest of the answer.',
      'Send it as `If-Match` with a change: if somebody else was faster, nothing changes, and the answer is 412 `precondition/failed` with the present `revision`. Send it as `If-None-Match` when you read again: the answer is 304 if nothing is new.',
    ],
    example: `${CURL} -X POST -H 'If-Match: "0b1c6a7d5e9f2a34"' "$CANTRIP_URL/v1/clusters/factory/provision"`,
  },
  {
    id: 'repeats',
    title: 'Requests that are repeated',
    text: [
      'A request that creates or changes something may have an `Idempotency-Key`: any text that you use for this request only, such as a UUID. However often the request is repeated within 24 hours, also after a restart of the controller, it is carried out once, and each repeat gets the same answer.',
      'The same key with another request is refused with 422 `idempotency/other-request`; while the request is in progress, a repeat gets 409 `idempotency/in-progress`. An answer of more than 64 KiB, and one that a crash prevented, is not kept: the repeat gets 409 `idempotency/answer-lost`, and nothing is done again.',
    ],
    example: `${CURL} -X POST -H "Idempotency-Key: $(uuidgen)" -H 'Content-Type: application/json' -d @cluster.json "$CANTRIP_URL/v1/clusters"`,
  },
]
