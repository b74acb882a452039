type Mask = string | ((...groups: string[]) => string)

/** A private key up to its END line, or, in a truncated text, up to the last line of the key. */
const PRIVATE_KEY =
  /-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----(?:[^-]*(?:-[^-]+){0,9}-----END \1-----|(?:(?:\s|\\[nr]){0,4}(?=[\w+/=]{16})[\w+/=]+){0,500})/g

/** The value after a name: up to the end of the quotes, if there are any. In JSON within JSON the quotes have a backslash. */
const VALUE = /(?<=[^\\]")(?:[^"\\\n]+|\\.){1,999}|(?<=\\")[^"\\\n]+|(?<!")[^\s"\\]+/.source
const IS = /\\?["']?\s{0,2}[:=]\s{0,2}(?:\\?")?/.source
const PASSWORD = new RegExp(`(passw(?:or)?d${IS})(?:${VALUE})`, 'gi')
const NAMED = new RegExp(
  `((?:secret|token|passphrase|(?:api|access|secret)[-_]?key)${IS})(?!\\w{1,40}:)(${VALUE})`,
  'gi',
)

/**
 * Tokens of the controller, bootstrap tokens and join tokens of kubeadm, HTTP authorization, certificate keys of kubeadm, user:password in URLs, and
 * values that are called a password or a token.
 *
 * Each pattern runs in linear time: no repetition can start at every character of a long line, and no group and no `{8,}` is
 * unbounded, because each repetition of it uses stack.
 */
const FORMS: readonly [RegExp, Mask][] = [
  [PRIVATE_KEY, '***'],
  [/\bcantrip(?:-session|-code)?_[\w-]{20,64}/g, '***'],
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '***'],
  [/eyJ[\w-]+(?:\.[\w-]*){0,4}/g, (all) => (isToken(all.split('.')) ? '***' : all)],
  [/(authorization\W{1,6}(?:basic|bearer|digest|negotiate|token)\s{1,2})[^\s"'\\\]]+/gi, '$1***'],
  [/\b(bearer )(?=[\w.~+/-]{8})[\w.~+/-]+=*/gi, '$1***'],
  [/\b(basic )(?=[\w+/-]{4})([\w+/-]+=*)/gi, (all, scheme, value) => (isUserAndPassword(value) ? `${scheme}***` : all)],
  [/(certificate[-_ ]?key\W{1,6})[0-9a-f]{64}\b/gi, '$1***'],
  [/(:\/\/)((?:[^\s"\\]+|\\\S|"(?=\w)){1,999})/g, (_, slashes, rest) => slashes + withoutUser(rest)],
  [PASSWORD, '$1***'],
  [NAMED, (all, name, value) => (isSecret(name, value) ? `${name}***` : all)],
]

/** Masks everything in the text that has the form of a secret. */
export function maskSecretForms(text: string): string {
  // The type declarations of replace have one signature for each kind of mask, and none for the union.
  return FORMS.reduce((clean, [form, mask]) => clean.replace(form, mask as string), text)
}

/** A JWT has a header, claims and a signature, or five parts if it is encrypted. */
function isToken([header = '', ...others]: readonly string[]): boolean {
  return header.length >= 8 && others.length >= 2
}

function isUserAndPassword(base64: string): boolean {
  const text = Buffer.from(base64, 'base64').toString()
  return text.includes(':') && !/[\p{Cc}\ufffd]/u.test(text)
}

/**
 * A password can contain any character, even those that end the authority of a URL: some programs print it unescaped. The
 * digest of an image (`@sha256:`) does not follow a password.
 */
function withoutUser(rest: string): string {
  const [user] = /^.*@(?!sha\d+:)/s.exec(rest) ?? []
  if (user === undefined || (user.includes('/') && !user.includes(':'))) return rest
  return `***@${rest.slice(user.length)}`
}

/** `token: expired` and `secret="kube-system/registry"` are no secrets. */
function isSecret(name: string, value: string): boolean {
  if (/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(value)) return false
  if (/=[\s\\"]*$/.test(name)) return true
  return /^[\w+/=.~-]+[,;)]?$/.test(value) && (value.length >= 24 || (value.length >= 6 && /\d/.test(value)))
}
