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
]
