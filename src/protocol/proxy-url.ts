/** Without schemas, for the start of the agent. */
const MOST_CHARACTERS = 2_048

/** An HTTP proxy whose user and password can be sent, as earlier builds stored it. */
export function isProxyUrl(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && [url.username, url.password].every(isDecodable)
}

/** `http://[user[:password]@]host[:port]`, as a person may give it. */
export function isBareProxyUrl(text: string): boolean {
  const url = URL.parse(text)
  // URLs are parsed without their control characters and white space.
  if (!url || text.length > MOST_CHARACTERS || !/^[!-~]+$/.test(text) || !isProxyUrl(text)) return false
  return url.pathname === '/' && url.search === '' && url.hash === ''
}

function isDecodable(part: string): boolean {
  try {
    return decodeURIComponent(part) !== undefined
  } catch {
    return false
  }
}
